using System.Text.Json;
using System.Text.Json.Serialization;

namespace MicroView.Lab;

/// <summary>
/// A workload as the artifact's dsb_hotel.json describes it (the format of Blueprint's wrk_http): url, tput (requests per second), duration, and apis with name (the path), arg_gen_func_name,
/// proportion (of 100) and type (GET or POST). num_threads, num_reqs and is_original are of a closed loop and passed over.
/// </summary>
internal sealed record LoadFile
{
    // Not init: what the file leaves out keeps its default then.
    public string Url { get; set; } = "";

    /// <summary>Requests per second.</summary>
    public double Tput { get; set; }

    public string Duration { get; set; } = "1m";

    public IReadOnlyList<LoadApi> Apis { get; set; } = [];

    [JsonIgnore]
    public double Seconds => GoDuration.TryParse(Duration, out var seconds) ? seconds : 0;

    /// <exception cref="DataException">It cannot be read, or does not describe a workload.</exception>
    public static LoadFile Read(string path)
    {
        LoadFile file;
        try
        {
            using var stream = File.OpenRead(path);
            file = JsonSerializer.Deserialize(stream, LabJson.Default.LoadFile) ?? new LoadFile();
        }
        catch (JsonException error)
        {
            throw new DataException(path, (error.LineNumber ?? -1) + 1, $"is no workload: {(error.Path is { } place ? $"{place}: " : "")}{error.Message.Split(" Path:")[0].TrimEnd('.')}");
        }
        return file.Problem() is { } problem ? throw new DataException(path, 0, problem) : file;
    }

    public void Write(string path) => ResultFile.Write(path, text => text.Write(JsonSerializer.Serialize(this, LabJson.Default.LoadFile) + "\n"));

    /// <summary>What is wrong with it; null if nothing is.</summary>
    public string? Problem()
    {
        if (!Uri.TryCreate(Url, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            return $"url is '{Url}', not an address such as http://localhost:8080";
        if (!(Tput is > 0 and <= 1e6))
            return $"tput is {Tput}, not a number of requests per second";
        if (!GoDuration.TryParse(Duration, out var seconds) || seconds <= 0)
            return $"duration is '{Duration}', not one such as 3m or 90s";
        if (Apis.Count == 0)
            return "apis is empty: there is nothing to ask for";
        foreach (var api in Apis)
            if (api.Problem() is { } problem)
                return problem;
        var sum = Apis.Sum(api => api.Proportion);
        return sum == 100 ? null : $"the proportions of apis are {sum} together, not 100";
    }
}

/// <summary>A kind of request.</summary>
/// <param name="Name">Its path.</param>
/// <param name="ArgGenFuncName">What makes its arguments; see <see cref="LoadArguments"/>.</param>
/// <param name="Proportion">Its share, percent.</param>
/// <param name="Type">GET or POST.</param>
internal sealed record LoadApi(string Name, string ArgGenFuncName, int Proportion, string Type)
{
    public string? Problem()
    {
        if (string.IsNullOrEmpty(Name))
            return "an api has no name, which is its path";
        if (Proportion is < 0 or > 100)
            return $"api {Name}: proportion is {Proportion}, not a percentage";
        if (Type is not ("GET" or "POST"))
            return $"api {Name}: type is '{Type}', not GET or POST";
        return LoadArguments.Find(ArgGenFuncName) is null ? $"api {Name}: arg_gen_func_name '{ArgGenFuncName}' is none of {string.Join(", ", LoadArguments.Names)}" : null;
    }
}

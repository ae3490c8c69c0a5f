using System.Globalization;

namespace Hotel;

/// <summary>How the whole application is started.</summary>
internal sealed record ApplicationOptions(string Out, int? Port, string Traces, double Cores, double LimitAfter)
{
    public static ApplicationOptions From(Dictionary<string, string> words)
    {
        if (words.Keys.FirstOrDefault(word => word is not ("out" or "port" or "traces" or "cores" or "limit-after")) is { } unknown)
            throw new HotelException($"--{unknown}: there is no such option; see hotel --help");
        int? port = !words.TryGetValue("port", out var text) ? null
            : int.TryParse(text, CultureInfo.InvariantCulture, out var number) && number is > 0 and < 65536 ? number : throw new HotelException($"--port {text}: is no port");
        if (!double.TryParse(words.GetValueOrDefault("cores", "0.5"), CultureInfo.InvariantCulture, out var cores) || cores is < 0 or > 1024)
            throw new HotelException($"--cores {words["cores"]}: is no number of cores");
        if (!double.TryParse(words.GetValueOrDefault("limit-after", "0"), CultureInfo.InvariantCulture, out var after) || !(after >= 0))
            throw new HotelException($"--limit-after {words["limit-after"]}: is no number of seconds");
        var traces = words.GetValueOrDefault("traces", "sampled");
        return traces is "sampled" or "all" ? new(Path.GetFullPath(words.GetValueOrDefault("out", "hotel")), port, traces, cores, after)
            : throw new HotelException($"--traces {traces}: is neither sampled nor all");
    }
}

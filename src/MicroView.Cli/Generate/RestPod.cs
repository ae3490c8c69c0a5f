using System.IO.MemoryMappedFiles;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Serialization;

namespace MicroView.Cli;

/// <summary>A pod through REST and named shared memory, exactly as the artifact's client does it: one POST per metric, the segment opened once.</summary>
internal sealed class RestPod : GeneratedPod
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _memory;
    private readonly long[] _counters;
    private readonly long[] _gauges;

    private RestPod(string segment, long[] counters, long[] gauges)
    {
        (_counters, _gauges) = (counters, gauges);
        _file = MemoryMappedFile.CreateFromFile($"/dev/shm/{segment}", FileMode.Open);
        _memory = _file.CreateViewAccessor();
    }

    public override double Requests => _memory.ReadDouble(_counters[0]);

    public override double Latency => _gauges.Length > 0 ? _memory.ReadDouble(_gauges[0]) : double.NaN;

    public static async Task<RestPod> RegisterAsync(HttpClient http, string pod, int metrics, CancellationToken stop)
    {
        string? segment = null;
        async Task<long[]> PostAsync(int count, Func<int, string> name, bool gauge)
        {
            var offsets = new long[count];
            for (var i = 0; i < count; i++)
            {
                var answer = await RegisterAsync(http, new(pod, name(i), gauge, 0), stop);
                segment ??= answer.ShmName;
                offsets[i] = answer.Addr;
            }
            return offsets;
        }
        var counters = await PostAsync((metrics + 1) / 2, CounterName, false);
        var gauges = await PostAsync(metrics / 2, GaugeName, true);
        return new(Path.GetFileName(segment!), counters, gauges);
    }

    public override void Update(GeneratedValues values)
    {
        foreach (var offset in _counters)
            _memory.Write(offset, _memory.ReadDouble(offset) + values.Requests());
        foreach (var offset in _gauges)
            _memory.Write(offset, values.Latency());
    }

    public override void Dispose()
    {
        _memory.Dispose();
        _file.Dispose();
    }

    private static async Task<RegistrationAnswer> RegisterAsync(HttpClient http, Registration registration, CancellationToken stop)
    {
        try
        {
            // The artifact's server reads bodies of known length only.
            using var content = JsonContent.Create(registration, RestJson.Default.Registration);
            await content.LoadIntoBufferAsync(stop);
            using var response = await http.PostAsync(new Uri("metrics", UriKind.Relative), content, stop);
            if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Created)
                return await response.Content.ReadFromJsonAsync(RestJson.Default.RegistrationAnswer, stop)
                    ?? throw new UserException($"{http.BaseAddress}metrics answered nothing");
            throw new UserException($"the agent at {http.BaseAddress} refused {registration.Name}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(stop)}");
        }
        catch (HttpRequestException error)
        {
            throw new UserException($"no agent answers at {http.BaseAddress} ({error.Message}); start one with: microview host", inner: error);
        }
    }
}

/// <summary>The body of POST /metrics.</summary>
internal sealed record Registration(
    [property: JsonPropertyName("microservice_id")] string MicroserviceId, [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("type")] bool IsGauge, [property: JsonPropertyName("value")] double Value);

/// <summary>Its answer.</summary>
internal sealed record RegistrationAnswer([property: JsonPropertyName("shm_name")] string ShmName, [property: JsonPropertyName("addr")] long Addr);

[JsonSerializable(typeof(Registration))]
[JsonSerializable(typeof(RegistrationAnswer))]
internal sealed partial class RestJson : JsonSerializerContext;

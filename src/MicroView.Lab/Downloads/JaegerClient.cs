using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;

namespace MicroView.Lab;

/// <summary>
/// Reads traces from the HTTP API of a Jaeger's query service (the one of its user interface, /api/traces), one query at a time. Not thread-safe.
/// </summary>
internal sealed class JaegerClient : IDisposable
{
    // A window with more traces than an answer may hold is halved, down to this.
    private const long ShortestWindowUs = 1_000_000, LongestWindowUs = 600_000_000;

    private readonly Uri _url;
    private readonly HttpClient _http;
    private readonly TimeSpan _pause;
    private readonly int _limit;

    public JaegerClient(Uri url, TimeSpan pause, int limit)
    {
        ArgumentNullException.ThrowIfNull(url);
        (_url, _pause, _limit) = (url, pause, limit);
        _http = new HttpClient { BaseAddress = url.AbsoluteUri.EndsWith('/') ? url : new Uri(url.AbsoluteUri + "/"), Timeout = TimeSpan.FromMinutes(2) };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("microview-lab", typeof(JaegerClient).Assembly.GetName().Version?.ToString(3) ?? "0"));
    }

    /// <summary>Windows of the shortest length that held more traces than an answer may.</summary>
    public int CutShort { get; private set; }

    public Task<string[]> Services(CancellationToken stop) =>
        Get("api/services", root => root.GetProperty("data") is { ValueKind: JsonValueKind.Array } names ? names.EnumerateArray().Select(name => name.GetString()!).Order(StringComparer.Ordinal).ToArray() : [], stop);

    /// <summary>Adds the traces of a service that start in a time, µs since 1970, to those found, by id.</summary>
    public async Task Read(string service, long fromUs, long untilUs, Dictionary<string, Trace> found, CancellationToken stop)
    {
        var window = LongestWindowUs;
        while (fromUs < untilUs)
        {
            var end = Math.Min(untilUs, fromUs + window);
            // Jaeger's range holds both ends.
            var query = string.Create(CultureInfo.InvariantCulture, $"api/traces?service={Uri.EscapeDataString(service)}&start={fromUs}&end={end - 1}&limit={_limit}");
            var traces = await Get(query, root => root.GetProperty("data").EnumerateArray().Select(JaegerTrace.Read).OfType<Trace>().ToArray(), stop).ConfigureAwait(false);
            if (traces.Length >= _limit && window > ShortestWindowUs)
            {
                window = Math.Max(ShortestWindowUs, window / 2);
                continue;
            }
            CutShort += traces.Length >= _limit ? 1 : 0;
            foreach (var trace in traces)
                found.TryAdd(trace.Id, trace);
            fromUs = end;
            window = Math.Min(LongestWindowUs, window * 2);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<T> Get<T>(string path, Func<JsonElement, T> read, CancellationToken stop)
    {
        try
        {
            using var response = await _http.GetAsync(path, stop).ConfigureAwait(false);
            var answer = await response.Content.ReadAsByteArrayAsync(stop).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode)
                throw new LabException($"{Shown}: answers {(int)response.StatusCode} {response.ReasonPhrase} to {path.Split('?')[0]}; is --jaeger the address of its user interface?");
            using var document = JsonDocument.Parse(answer);
            return read(document.RootElement);
        }
        catch (HttpRequestException error)
        {
            throw new LabException($"{Shown}: cannot be reached: {(error.InnerException ?? error).Message.TrimEnd('.')}; is --jaeger its address?", inner: error);
        }
        catch (TaskCanceledException error) when (!stop.IsCancellationRequested)
        {
            throw new LabException($"{Shown}: no answer within {_http.Timeout.TotalSeconds:0} s; ask for less with --trace-limit", inner: error);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new LabException($"{Shown}: the answer to {path.Split('?')[0]} is not that of a Jaeger; is --jaeger the address of its user interface?", inner: error);
        }
        finally
        {
            await Task.Delay(_pause, CancellationToken.None).ConfigureAwait(false);
        }
    }

    private string Shown => _url.GetComponents(UriComponents.HttpRequestUrl, UriFormat.SafeUnescaped).TrimEnd('/');
}

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace MicroView.Lab;

/// <summary>
/// Reads from a Prometheus (or what speaks its HTTP API) and never writes. Bounded: see <see cref="PrometheusOptions"/>. Thread-safe.
/// Source: prometheus.io/docs/prometheus/latest/querying/api.
/// </summary>
internal sealed class PrometheusClient : IDisposable
{
    /// <summary>Points per series that a server answers at most (its own limit is 11,000).</summary>
    public const int MostPoints = 10_900;

    private readonly PrometheusOptions _options;
    private readonly HttpClient _http;
    private readonly SemaphoreSlim _places;
    private long _queries, _bytes;

    public PrometheusClient(PrometheusOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _places = new SemaphoreSlim(options.Concurrency);
        var handler = new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None, PooledConnectionLifetime = TimeSpan.FromMinutes(5) };
        _http = new HttpClient(handler) { BaseAddress = WithSlash(options.Url), Timeout = options.Timeout };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("microview-lab", typeof(PrometheusClient).Assembly.GetName().Version?.ToString(3) ?? "0"));
        _http.DefaultRequestHeaders.Authorization = Authorization(options);
    }

    /// <summary>Queries made so far.</summary>
    public long Queries => Interlocked.Read(ref _queries);

    /// <summary>Bytes of answers read so far.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Values of a label among series that match, in a time.</summary>
    public Task<string[]> LabelValues(string label, string match, TimeGrid time, CancellationToken stop) => Ask(
        $"api/v1/label/{Uri.EscapeDataString(label)}/values?match[]={Uri.EscapeDataString(match)}&start={Seconds(time.StartMs)}&end={Seconds(time.EndMs)}", null,
        answer => PrometheusAnswer.Strings(answer), stop);

    /// <summary>Labels of the series that match, in a time.</summary>
    public Task<IReadOnlyList<Dictionary<string, string>>> Series(string match, TimeGrid time, CancellationToken stop) => Ask(
        $"api/v1/series?match[]={Uri.EscapeDataString(match)}&start={Seconds(time.StartMs)}&end={Seconds(time.EndMs)}", null,
        answer => PrometheusAnswer.LabelSets(answer), stop);

    /// <summary>What targets say that metrics are (counter, gauge, …), by name; empty where the server keeps none.</summary>
    public Task<Dictionary<string, string>> MetricTypes(CancellationToken stop) =>
        Ask("api/v1/metadata", null, answer => PrometheusAnswer.MetricTypes(answer), stop);

    /// <summary>Times of the raw samples of a selector in the seconds before a time, for each series; seconds since 1970.</summary>
    public Task<IReadOnlyList<double[]>> SampleTimes(string selector, int seconds, long atMs, CancellationToken stop) => Ask("api/v1/query",
        [new("query", $"{selector}[{seconds}s]"), new("time", Seconds(atMs))], answer => PrometheusAnswer.Times(answer), stop);

    /// <summary>
    /// A range query on a grid, in as many parts as the server's limit and the number of series ask for. Missing and non-finite values are NaN.
    /// </summary>
    /// <param name="query">PromQL.</param>
    /// <param name="grid">The points of time.</param>
    /// <param name="series">Series that are expected: what bounds an answer's size.</param>
    /// <param name="stop">Stops it.</param>
    public async Task<IReadOnlyList<RangeSeries>> Range(string query, TimeGrid grid, int series, CancellationToken stop)
    {
        const int mostValues = 1_000_000; // about 30 MB of an answer
        var found = new Dictionary<string, RangeSeries>(StringComparer.Ordinal);
        foreach (var part in grid.Parts(Math.Clamp(mostValues / Math.Max(1, series), 100, MostPoints)))
        {
            KeyValuePair<string, string>[] form = [new("query", query), new("start", Seconds(part.StartMs)), new("end", Seconds(part.EndMs)), new("step", Seconds(part.StepMs))];
            await Ask("api/v1/query_range", form, answer => PrometheusAnswer.Matrix(answer, grid, found), stop).ConfigureAwait(false);
        }
        return [.. found.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => entry.Value)];
    }

    public void Dispose()
    {
        _http.Dispose();
        _places.Dispose();
    }

    private async Task<T> Ask<T>(string path, KeyValuePair<string, string>[]? form, Func<byte[], T> read, CancellationToken stop)
    {
        await _places.WaitAsync(stop).ConfigureAwait(false);
        var began = Stopwatch.GetTimestamp();
        try
        {
            for (var attempt = 0; ; attempt++)
            {
                Interlocked.Increment(ref _queries);
                using var request = new HttpRequestMessage(form is null ? HttpMethod.Get : HttpMethod.Post, path) { Content = form is null ? null : new FormUrlEncodedContent(form) };
                using var response = await _http.SendAsync(request, stop).ConfigureAwait(false);
                if (attempt < _options.Waits.Count && response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout)
                {
                    await Task.Delay(_options.Waits[attempt], stop).ConfigureAwait(false);
                    continue;
                }
                var answer = await response.Content.ReadAsByteArrayAsync(stop).ConfigureAwait(false);
                Interlocked.Add(ref _bytes, answer.Length);
                if (!response.IsSuccessStatusCode)
                    throw new LabException($"{Shown}: {PrometheusAnswer.Error(answer) ?? $"answers {(int)response.StatusCode} {response.ReasonPhrase} to {path.Split('?')[0]}"}{Hint(response.StatusCode)}");
                return read(answer);
            }
        }
        catch (HttpRequestException error)
        {
            throw new LabException($"{Shown}: cannot be reached: {(error.InnerException ?? error).Message.TrimEnd('.')}; is --prometheus its address?", inner: error);
        }
        catch (TaskCanceledException error) when (!stop.IsCancellationRequested)
        {
            throw new LabException($"{Shown}: no answer within {_options.Timeout.TotalSeconds:0} s; ask for less with --match, --since or a larger --step", inner: error);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new LabException($"{Shown}: the answer to {path.Split('?')[0]} is not that of a Prometheus; is --prometheus its address?", inner: error);
        }
        finally
        {
            // Also after a failure: a server in trouble needs the rest most.
            var took = Stopwatch.GetElapsedTime(began);
            await Task.Delay(took < _options.Pause ? took : _options.Pause, CancellationToken.None).ConfigureAwait(false);
            _places.Release();
        }
    }

    /// <summary>The address without user and password.</summary>
    private string Shown => _options.Url.GetComponents(UriComponents.HttpRequestUrl, UriFormat.SafeUnescaped).TrimEnd('/');

    private string Hint(HttpStatusCode status) => status is not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden) ? ""
        : _options.TokenFile is { } file ? $"; the token in {file} is refused" : "; give a token with --token-file";

    private static Uri WithSlash(Uri url) => url.AbsoluteUri.EndsWith('/') ? url : new Uri(url.AbsoluteUri + "/");

    private static string Seconds(long ms) => (ms / 1000m).ToString(CultureInfo.InvariantCulture);

    private static AuthenticationHeaderValue? Authorization(PrometheusOptions options)
    {
        if (options.TokenFile is { } file)
            return new AuthenticationHeaderValue("Bearer", Token(file));
        return options.Url.UserInfo is { Length: > 0 } user
            ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(user))))
            : null;
    }

    private static string Token(string file)
    {
        var token = File.ReadAllText(file).Trim();
        // A line break or another script would only be refused by the first query, in words about headers.
        return token.Length > 0 && token.All(c => c is > ' ' and < '\x7f') ? token
            : throw new DataException(file, 0, "holds no bearer token: one line of ASCII without spaces is needed");
    }
}

using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace MicroView.Collector;

/// <summary>What became of a request.</summary>
/// <param name="Accepted">It was taken.</param>
/// <param name="TryAgain">The same may be taken later.</param>
/// <param name="Problem">Why not, in one line.</param>
internal readonly record struct AlertDelivery(bool Accepted, bool TryAgain, string? Problem);

/// <summary>One Alertmanager. Whatever answers there: a request takes a bounded time, its answer bounded memory, and no redirection takes the token elsewhere.</summary>
internal sealed class AlertReceiver : IDisposable
{
    private const string Path = "/api/v2/alerts";
    private const int MaxAnswer = 512; // of what an error says, as much as fits a line
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly Uri _target;
    private readonly AlertOptions _options;
    private readonly HttpClient _http;

    public AlertReceiver(Uri address, AlertOptions options)
    {
        _options = options;
        var root = address.AbsoluteUri.TrimEnd('/');
        Address = new(root.EndsWith(Path, StringComparison.Ordinal) ? root[..^Path.Length] : root);
        _target = new(Address.AbsoluteUri.TrimEnd('/') + Path);
        _http = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = false, UseCookies = false, UseProxy = false, ConnectTimeout = Timeout / 2, PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            MaxResponseHeadersLength = 16, MaxResponseDrainSize = 64 * 1024, ResponseDrainTimeout = TimeSpan.FromSeconds(1),
        }) { Timeout = System.Threading.Timeout.InfiniteTimeSpan }; // a limit of our own covers the body as well
    }

    public Uri Address { get; }

    /// <summary>True when the token would go over the wire in the clear.</summary>
    public bool TellsToken => _options.TokenFile is not null && Address.Scheme == Uri.UriSchemeHttp && !Address.IsLoopback;

    /// <summary>Sends alerts; throws only when <paramref name="cancellation"/> is.</summary>
    public async Task<AlertDelivery> SendAsync(List<AlertMessage> alerts, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Timeout);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _target);
            request.Headers.Authorization = _options.ReadToken();
            request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(alerts, AlertJson.Default.ListAlertMessage));
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
                return new(true, false, null);
            // As Prometheus does: what is wrong in itself is not repeated.
            var tryAgain = (int)response.StatusCode >= 500 || response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout;
            return new(false, tryAgain, $"it answers {(int)response.StatusCode}{await ReadAsync(response, limit.Token).ConfigureAwait(false)}");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new(false, true, $"no answer within {Timeout.TotalSeconds} s");
        }
        catch (Exception error) when (error is HttpRequestException or IOException or InvalidOperationException)
        {
            return new(false, true, error.Message.TrimEnd('.'));
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>The beginning of what an error says, without what could deceive a terminal.</summary>
    private static async Task<string> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var buffer = new byte[MaxAnswer];
        using var body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        var length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        var text = string.Concat(System.Text.Encoding.UTF8.GetString(buffer, 0, length).Select(c => char.IsControl(c) ? ' ' : c)).Trim();
        return text.Length > 0 ? ": " + text : "";
    }
}

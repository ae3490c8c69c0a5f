using System.Buffers;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>Gets bodies over HTTP, bounded in time and bytes, and hands them to a target's reader. Thread-safe; one for all targets.</summary>
internal sealed class TargetFetch : IDisposable
{
    private const int MaxRedirects = 3;

    // A client library may name counters otherwise in OpenMetrics (_total), so the older format comes first.
    private const string Accepted = "text/plain;version=0.0.4;q=1,application/openmetrics-text;version=1.0.0;q=0.8,*/*;q=0.1";

    private readonly ScrapeInOptions _options;
    private readonly HttpClient _http;
    private readonly SecretFile? _token, _password;

    internal TargetFetch(ScrapeInOptions options)
    {
        _options = options;
        _token = options.TokenFile is { } token ? new(token) : null;
        _password = options.BasicAuthFile is { } password ? new(password) : null;
#pragma warning disable CA2000 // the client owns it
        _http = new(new SocketsHttpHandler
        {
            AllowAutoRedirect = true, // drops the Authorization header, and never leads from https to http
            MaxAutomaticRedirections = MaxRedirects,
            AutomaticDecompression = DecompressionMethods.None, // ours is bounded
            ConnectTimeout = options.Timeout,
            MaxResponseHeadersLength = 64,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5), // a name may come to mean another address
            UseCookies = false,
            UseProxy = false,
            SslOptions = new() { CertificateChainPolicy = PolicyFor(options.CaFile) },
        }) { Timeout = Timeout.InfiniteTimeSpan };
#pragma warning restore CA2000
        _http.DefaultRequestHeaders.TryAddWithoutValidation("Accept", Accepted);
        _http.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", "microview");
    }

    /// <summary>Scrapes once: every sample has gone to the reader when it returns.</summary>
    /// <returns>Bytes of the body, uncompressed.</returns>
    /// <exception cref="ScrapeException">There is no whole, well-formed answer.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    internal async Task<long> ScrapeAsync(ScrapeTarget target, ExpositionReader reader, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(_options.Timeout);
        try
        {
            using var request = Request(target);
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.OK)
                throw new ScrapeException(ScrapeFailure.Status, $"it answers with status {(int)response.StatusCode}");
            reader.Begin(IsOpenMetrics(response.Content.Headers), (DateTime.UtcNow - DateTime.UnixEpoch).TotalMilliseconds);
            var body = await response.Content.ReadAsStreamAsync(limit.Token).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
                return await ReadAsync(response, body, reader, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new ScrapeException(ScrapeFailure.Timeout, $"no whole answer within {_options.Timeout.TotalSeconds:0.#} s");
        }
        catch (HttpRequestException error)
        {
            throw Translate(error);
        }
        catch (Exception error) when (error is UriFormatException or NotSupportedException)
        {
            throw new ScrapeException(ScrapeFailure.Status, "it redirects to what is no http or https address", error);
        }
        catch (InvalidDataException error)
        {
            throw new ScrapeException(ScrapeFailure.Encoding, $"its gzip is damaged: {error.Message}", error);
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            throw new ScrapeException(error is HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded } ? ScrapeFailure.Truncated : ScrapeFailure.Connect,
                $"the connection broke: {error.Message}", error);
        }
    }

    public void Dispose() => _http.Dispose();

    private HttpRequestMessage Request(ScrapeTarget target)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, target.Url);
        if (!target.IsLoopback)
            request.Headers.TryAddWithoutValidation("Accept-Encoding", "gzip");
        if (_token is not null)
            request.Headers.Authorization = new("Bearer", _token.Read());
        else if (_password is not null)
            request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(_password.Read())));
        return request;
    }

    private async Task<long> ReadAsync(HttpResponseMessage response, Stream body, ExpositionReader reader, CancellationToken cancellation)
    {
        var headers = response.Content.Headers;
        var zipped = headers.ContentEncoding.Count == 1 && headers.ContentEncoding.First() is "gzip" or "x-gzip";
        if (!zipped && headers.ContentEncoding.Any(encoding => encoding != "identity"))
            throw new ScrapeException(ScrapeFailure.Encoding, $"its body is compressed as '{string.Join(',', headers.ContentEncoding)}'; only gzip was offered");
        // Without a length or chunks the end of a connection is the only end, and does not tell whether all has come. gzip tells itself.
        var isWhole = zipped || headers.ContentLength is not null || response.Headers.TransferEncodingChunked == true;
        if (headers.ContentLength > _options.MaxBodyBytes)
            throw TooLarge();
        if (!zipped)
            return await ReadAsync(body, reader, isWhole, cancellation).ConfigureAwait(false);
        var plain = new GZipStream(body, CompressionMode.Decompress);
        await using (plain.ConfigureAwait(false))
            return await ReadAsync(plain, reader, isWhole, cancellation).ConfigureAwait(false);
    }

    private async Task<long> ReadAsync(Stream body, ExpositionReader reader, bool isWhole, CancellationToken cancellation)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(2 * ExpositionReader.MaxLine);
        try
        {
            long total = 0;
            var held = 0;
            while (await body.ReadAsync(buffer.AsMemory(held), cancellation).ConfigureAwait(false) is > 0 and var got)
            {
                total += got;
                if (total > _options.MaxBodyBytes)
                    throw TooLarge();
                held += got;
                var taken = reader.Take(buffer.AsSpan(0, held));
                buffer.AsSpan(taken, held - taken).CopyTo(buffer);
                held -= taken;
            }
            reader.End(buffer.AsSpan(0, held), isWhole);
            return total;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private ScrapeException TooLarge() => new(ScrapeFailure.TooLarge, $"its body has more than {_options.MaxBodyBytes} bytes");

    /// <summary>What says nothing of its type is taken for text, as hand-made endpoints are.</summary>
    private static bool IsOpenMetrics(HttpContentHeaders headers)
    {
        if (!headers.TryGetValues("Content-Type", out var values) || values.FirstOrDefault() is not { Length: > 0 } type)
            return false;
        var media = type.AsSpan(0, type.IndexOf(';', StringComparison.Ordinal) is >= 0 and var end ? end : type.Length).Trim();
        if (media.Equals("application/openmetrics-text", StringComparison.OrdinalIgnoreCase))
            return true;
        if (media.Equals("text/plain", StringComparison.OrdinalIgnoreCase))
            return false;
        throw new ScrapeException(ScrapeFailure.ContentType, $"its content is '{(media.Length > 60 ? media[..60] : media)}', neither text/plain nor application/openmetrics-text");
    }

    private static X509ChainPolicy? PolicyFor(string? caFile) => caFile is null ? null : ServerCertificate.PolicyOf(ServerCertificate.ReadAuthorities(caFile));

    private static ScrapeException Translate(HttpRequestException error) => error.HttpRequestError switch
    {
        HttpRequestError.SecureConnectionError => new(ScrapeFailure.Tls, $"no trusted TLS: {error.InnerException?.Message ?? error.Message}", error),
        HttpRequestError.ResponseEnded => new(ScrapeFailure.Truncated, $"the answer ends too early: {error.Message}", error),
        _ when error.InnerException is AuthenticationException => new(ScrapeFailure.Tls, $"no trusted TLS: {error.InnerException.Message}", error),
        _ => new(ScrapeFailure.Connect, error.Message, error),
    };

    /// <summary>A file with a secret, read again when a second has passed. Thread-safe.</summary>
    private sealed class SecretFile(string path)
    {
        private readonly Lock _gate = new();
        private string? _text;
        private long _readNs;

        internal string Read()
        {
            lock (_gate)
            {
                if (_text is not null && Clocks.MonotonicNs - _readNs < 1_000_000_000)
                    return _text;
                try
                {
                    _text = File.ReadAllText(path).Trim();
                    _readNs = Clocks.MonotonicNs;
                    return !_text.AsSpan().ContainsAny('\r', '\n') ? _text : throw new IOException($"{path} has more than one line");
                }
                catch (Exception error) when (error is IOException or UnauthorizedAccessException)
                {
                    _text = null;
                    throw new ScrapeException(ScrapeFailure.Credentials, error.Message, error);
                }
            }
        }
    }
}

using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>What a collector asks an agent over HTTP; every failure is one line that names the place. Thread-safe.</summary>
internal sealed class AgentHttp : IDisposable
{
    // What the protocol allows in an update that is never cut: 256 MiB of descriptors, and 64 KiB of identity for each of 4,096 pods.
    private const long MaxLayout = 640L << 20;
    private const long MaxAnswer = 16 << 20;
    private const int MaxProblem = 4096;
    // The agent takes bodies of 64 KiB, and JSON writes a character in six bytes at most.
    private const int MaxBody = 60 * 1024, BytesPerCharacter = 6;
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10), LeaveTimeout = TimeSpan.FromSeconds(1);

    private readonly HttpClient _http;
    private readonly string _lease;
    private volatile IPAddress? _local;

    /// <summary>An agent at HOST:PORT.</summary>
    /// <param name="place">Host and port.</param>
    /// <param name="lease">The collector's name.</param>
    /// <param name="token">Bearer token.</param>
    /// <param name="authorities">PEM file of the authorities that its certificate is judged by; null: the machine's.</param>
    public AgentHttp(AgentPlace place, string lease, string? token, string? authorities = null)
    {
        (Place, _lease) = (place.ToString(), lease);
        var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false, ConnectCallback = ConnectAsync };
        if (authorities is not null)
            handler.SslOptions.CertificateChainPolicy = ServerCertificate.PolicyOf(ServerCertificate.ReadAuthorities(authorities));
        _http = new HttpClient(handler) { BaseAddress = place.Address, Timeout = Timeout.InfiniteTimeSpan };
        if (token is not null)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>HOST:PORT.</summary>
    public string Place { get; }

    /// <summary>This machine's address on the way to the agent; null before the first connection.</summary>
    public IPAddress? LocalAddress => _local;

    /// <summary>What changed since a generation, which it acknowledges; renews the lease.</summary>
    public async Task<LayoutUpdate> LayoutAsync(ulong since, int timeoutMs, CancellationToken cancellation)
    {
        using var answer = await SendAsync(HttpMethod.Get, LayoutPath(since, timeoutMs), null, AnswerTimeout + TimeSpan.FromMilliseconds(timeoutMs), cancellation)
            .ConfigureAwait(false);
        return await ReadAsync(answer, ControlJson.Default.LayoutUpdate, MaxLayout, cancellation).ConfigureAwait(false);
    }

    /// <summary>Renews the lease; the layout that comes with the answer is thrown away.</summary>
    public async Task RenewAsync(ulong since, CancellationToken cancellation)
    {
        using var answer = await SendAsync(HttpMethod.Get, LayoutPath(since, 0), null, AnswerTimeout, cancellation).ConfigureAwait(false);
    }

    /// <summary>The agent's queue pairs.</summary>
    public async Task<QueuePairList> QueuePairsAsync(CancellationToken cancellation)
    {
        using var answer = await SendAsync(HttpMethod.Get, "/rdma/qps", null, AnswerTimeout, cancellation).ConfigureAwait(false);
        return await ReadAsync(answer, ControlJson.Default.QueuePairList, MaxAnswer, cancellation).ConfigureAwait(false);
    }

    /// <summary>Connects queue pairs for this lease; the answer has as many results as were asked for.</summary>
    /// <exception cref="QueuePairConflictException">Not all could be connected: in the agent's words why.</exception>
    public async Task<IReadOnlyList<QueuePairEnd>> ConnectAsync(IReadOnlyList<QueuePairEnd> own, CancellationToken cancellation)
    {
        var body = JsonContent(new QueuePairList(own, _lease), ControlJson.Default.QueuePairList);
        using var answer = await SendAsync(HttpMethod.Post, "/rdma/qps/connect", body, AnswerTimeout, cancellation).ConfigureAwait(false);
        var reply = await ReadAsync(answer, ControlJson.Default.ConnectReply, MaxAnswer, cancellation).ConfigureAwait(false);
        var failed = reply.Results.FirstOrDefault(result => result.QueuePair is null);
        if (failed is not null || reply.Results.Count != own.Count)
            throw new QueuePairConflictException(
                $"the agent at {Place} connected {reply.Connected} of {own.Count} queue pairs: {failed?.Error ?? $"it answers for {reply.Results.Count}"}");
        return [.. reply.Results.Select(result => result.QueuePair!)];
    }

    /// <summary>Asks for the terms of pods' control words; in the order of <paramref name="pods"/>.</summary>
    public async Task<IReadOnlyList<PodTerm>> TermsAsync(IReadOnlyList<string> pods, CancellationToken cancellation)
    {
        var terms = new List<PodTerm>(pods.Count);
        while (terms.Count < pods.Count)
        {
            var some = Fitting(pods, terms.Count);
            var body = JsonContent(new TermRequest(_lease, some), ControlJson.Default.TermRequest);
            using var answer = await SendAsync(HttpMethod.Post, "/v1/terms", body, AnswerTimeout, cancellation).ConfigureAwait(false);
            var reply = await ReadAsync(answer, ControlJson.Default.TermReply, MaxAnswer, cancellation).ConfigureAwait(false);
            var byPod = reply.Terms.DistinctBy(term => term.Pod).ToDictionary(term => term.Pod, StringComparer.Ordinal);
            terms.AddRange(some.Select(pod => byPod.GetValueOrDefault(pod) ?? new PodTerm(pod, null)));
        }
        return terms;
    }

    /// <summary>Gives queue pairs, terms and lease back; tries for a moment, since they end by themselves.</summary>
    public async Task LeaveAsync()
    {
        try
        {
            using var answer = await SendAsync(HttpMethod.Delete, $"/rdma/qps?lease={Uri.EscapeDataString(_lease)}", null, LeaveTimeout, CancellationToken.None)
                .ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The lease ends by itself.
        }
    }

    public void Dispose() => _http.Dispose();

    private string LayoutPath(ulong since, int timeoutMs) =>
        $"/v1/layout?since={since}&timeout={timeoutMs}&lease={Uri.EscapeDataString(_lease)}";

    /// <summary>As many pods from one on as fit a body.</summary>
    private static string[] Fitting(IReadOnlyList<string> pods, int from)
    {
        var (end, bytes) = (from, 0);
        while (end < pods.Count && (bytes += (pods[end].Length + 1) * BytesPerCharacter) <= MaxBody)
            end++;
        return [.. pods.Skip(from).Take(Math.Max(1, end - from))];
    }

    private static ByteArrayContent JsonContent<T>(T value, JsonTypeInfo<T> type)
    {
        var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(value, type));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        return content;
    }

    /// <summary>Sends; an answer that is no success is thrown as what it says.</summary>
    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? body, TimeSpan patience, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(patience);
        using var request = new HttpRequestMessage(method, path) { Content = body };
        try
        {
            var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
            if (answer.IsSuccessStatusCode)
                return answer;
            using (answer)
                throw await ProblemAsync(answer, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException($"the agent at {Place} does not answer: is a firewall in between?", error);
        }
        catch (HttpRequestException error)
        {
            throw new IOException(Explain(error), error);
        }
    }

    private async Task<T> ReadAsync<T>(HttpResponseMessage answer, JsonTypeInfo<T> type, long limit, CancellationToken cancellation)
    {
        if (!IsJson(answer))
            throw NoAgent($"it answers {answer.Content.Headers.ContentType?.MediaType ?? "nothing"} instead of JSON");
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(AnswerTimeout * 3);
        try
        {
            var stream = await answer.Content.ReadAsStreamAsync(patience.Token).ConfigureAwait(false);
            await using var bounded = new BoundedStream(stream, limit, $"the answer of the agent at {Place}");
            return await JsonSerializer.DeserializeAsync(bounded, type, patience.Token).ConfigureAwait(false) ?? throw NoAgent("it answers null");
        }
        catch (Exception error) when (error is JsonException or NotSupportedException)
        {
            throw NoAgent($"its JSON is another's ({error.Message})", error);
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            throw new IOException($"the agent at {Place} began to answer and stopped", error);
        }
        catch (HttpRequestException error)
        {
            throw new IOException(Explain(error), error);
        }
    }

    private async Task<IOException> ProblemAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        var said = IsJson(answer) ? await SaidAsync(answer, cancellation).ConfigureAwait(false) : null;
        var code = (int)answer.StatusCode;
        return answer.StatusCode switch
        {
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new SessionRefusedException(
                $"the agent at {Place} refuses this collector: {said ?? $"HTTP {code}"}"),
            HttpStatusCode.Conflict => new QueuePairConflictException($"the agent at {Place} connects no queue pair: {said ?? "HTTP 409"}"),
            _ when said is not null && answer.StatusCode != HttpStatusCode.NotFound => new IOException($"the agent at {Place} answers {code}: {said}"),
            _ => NoAgent($"it answers HTTP {code}{(said is null ? "" : ": " + said)}"),
        };
    }

    /// <summary>The agent's own words: {"error": "…"}, or what became of the first queue pair that was not connected.</summary>
    private static async Task<string?> SaidAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        try
        {
            var stream = await answer.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
            await using var bounded = new BoundedStream(stream, MaxAnswer, "the answer");
            using var document = await JsonDocument.ParseAsync(bounded, default, cancellation).ConfigureAwait(false);
            var text = document.RootElement.TryGetProperty("error", out var error) ? error.GetString()
                : document.RootElement.TryGetProperty("results", out var results)
                    ? results.EnumerateArray().Select(result => result.TryGetProperty("error", out var why) ? why.GetString() : null).FirstOrDefault(why => why is not null)
                    : null;
            return text?.Length > MaxProblem ? text[..MaxProblem] : text;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or IOException or HttpRequestException)
        {
            return null;
        }
    }

    private IOException NoAgent(string why, Exception? inner = null) => new($"what answers at {Place} is no host agent: {why}", inner);

    private static bool IsJson(HttpResponseMessage answer) => answer.Content.Headers.ContentType?.MediaType == "application/json";

    private string Explain(HttpRequestException error) => error.GetBaseException() is SocketException socket
        ? socket.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => $"no agent answers at {Place}: nothing listens there; start one with 'microview host --listen ADDR'",
            SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData => $"no agent answers at {Place}: there is no host of that name",
            SocketError.NetworkUnreachable or SocketError.HostUnreachable => $"no agent answers at {Place}: there is no route to it",
            _ => $"no agent answers at {Place}: {socket.Message}",
        }
        : error.HttpRequestError == HttpRequestError.SecureConnectionError
            ? $"the agent at {Place} shows no certificate that is trusted here ({error.InnerException?.Message ?? error.Message}): does it speak TLS, and is --control-plane-ca its authority?"
        : error.HttpRequestError == HttpRequestError.InvalidResponse
            ? $"what answers at {Place} is no host agent: it does not speak HTTP"
            : $"the agent at {Place} does not answer: {error.GetBaseException().Message}";

    /// <summary>Connects, and keeps the address that leads there: the GID of RDMA is chosen by it.</summary>
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellation).ConfigureAwait(false);
            _local = (socket.LocalEndPoint as IPEndPoint)?.Address is { } address ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address) : null;
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>The agent has no queue pair to give: another collector holds them, or there are too few.</summary>
internal sealed class QueuePairConflictException(string message) : IOException(message);

using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MicroView.Protocol;

namespace MicroView.Cli;

/// <summary>What doctor asks an agent over HTTP, each question answered or failed in one line.</summary>
internal sealed class ControlPlaneClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _lease = $"doctor-{Environment.MachineName}-{Environment.ProcessId}";

    /// <summary>An agent at HOST:PORT or https://HOST:PORT, whose certificate is judged by a file of authorities, else by the machine's.</summary>
    public ControlPlaneClient(string place, string? authorities, string? token)
    {
        var text = place.Contains("://", StringComparison.Ordinal) ? place.TrimEnd('/') : $"http://{place}";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https")
            || address.IsDefaultPort && !text.EndsWith($":{address.Port}", StringComparison.Ordinal) || address.PathAndQuery != "/")
            throw new UserException($"--control-plane: '{place}' is not HOST:PORT, such as 10.9.0.1:5000", ExitCode.Usage);
        Place = place;
        var handler = new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(3), UseProxy = false };
        if (authorities is not null)
            handler.SslOptions.CertificateChainPolicy = ServerCertificate.PolicyOf(ServerCertificate.ReadAuthorities(authorities));
        _http = new(handler) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(10) };
        if (token is not null)
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public string Place { get; }

    /// <summary>Its name or address, without brackets.</summary>
    public string Host => _http.BaseAddress!.Host.Trim('[', ']');

    /// <summary>Null when an agent answers, else why not.</summary>
    public string? Reach()
    {
        try
        {
            using var answer = Send(HttpMethod.Get, "/health", null);
            var text = Text(answer);
            return answer.IsSuccessStatusCode && text.Contains("healthy", StringComparison.Ordinal) ? null : $"something answers at {Place}, but it is no host agent (GET /health: {(int)answer.StatusCode})";
        }
        catch (IOException error)
        {
            return error.Message;
        }
    }

    public QueuePairList QueuePairs() => Ask(HttpMethod.Get, "/rdma/qps", null, ControlJson.Default.QueuePairList);

    /// <summary>The whole layout; asking holds the lease for 2 s.</summary>
    public LayoutUpdate Layout() => Ask(HttpMethod.Get, $"/v1/layout?since=0&timeout=0&lease={Uri.EscapeDataString(_lease)}", null, ControlJson.Default.LayoutUpdate);

    public ConnectReply Connect(QueuePairEnd own) => Ask(
        HttpMethod.Post, "/rdma/qps/connect", JsonSerializer.Serialize(new QueuePairList([own], _lease), ControlJson.Default.QueuePairList), ControlJson.Default.ConnectReply);

    /// <summary>Gives queue pair and lease back; both would end by themselves.</summary>
    public void Leave()
    {
        try
        {
            Send(HttpMethod.Delete, $"/rdma/qps?lease={Uri.EscapeDataString(_lease)}", null).Dispose();
        }
        catch (IOException)
        {
            // The lease ends by itself.
        }
    }

    public void Dispose() => _http.Dispose();

    private T Ask<T>(HttpMethod method, string path, string? body, JsonTypeInfo<T> type)
    {
        using var answer = Send(method, path, body);
        var text = Text(answer);
        if (!answer.IsSuccessStatusCode)
            throw new IOException($"{(int)answer.StatusCode}: {Problem(text)}");
        try
        {
            return JsonSerializer.Deserialize(text, type) ?? throw new IOException($"{path} answers nothing");
        }
        catch (JsonException error)
        {
            throw new IOException($"{path} answers what is no host agent's: {error.Message}", error);
        }
    }

    private HttpResponseMessage Send(HttpMethod method, string path, string? body)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        try
        {
            return _http.Send(request);
        }
        catch (HttpRequestException error)
        {
            throw new IOException(error.GetBaseException() is SocketException socket ? Explain(socket) : $"{Place}: {error.Message}", error);
        }
        catch (TaskCanceledException error)
        {
            throw new IOException($"{Place} does not answer: is a firewall in between?", error);
        }
    }

    private string Explain(SocketException error) => error.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => $"nothing listens at {Place}: is 'microview host' running there with --listen and this port?",
        SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData => $"{Place}: there is no host of that name",
        SocketError.NetworkUnreachable or SocketError.HostUnreachable => $"{Place} cannot be reached from here: no route",
        _ => $"{Place}: {error.Message}",
    };

    private static string Text(HttpResponseMessage answer)
    {
        using var reader = new StreamReader(answer.Content.ReadAsStream());
        return reader.ReadToEnd();
    }

    /// <summary>The agent's own words, {"error": "…"}.</summary>
    private static string Problem(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.GetProperty("error").GetString() ?? text;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return text.Length <= 100 ? text : text[..100] + "…";
        }
    }
}

using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using MicroView.Protocol;
using SlotType = MicroView.Protocol.MetricType;

namespace MicroView.Cli;

/// <summary>Registers a pod's metrics over the socket, as the client library does: one attach, then descriptors in batches.</summary>
internal static class SocketRegistration
{
    /// <summary>Registers a fresh pod and detaches it; returns the ns from the attach to the last answer.</summary>
    /// <exception cref="UserException">Nobody listens there, or the agent refused.</exception>
    public static async Task<long> RunAsync(string path, string pod, int count, int batch, CancellationToken stop)
    {
        var descriptors = Enumerable.Range(0, count).Select(slot => new SlotDescriptor
        {
            Name = slot % 2 == 0 ? $"http_requests_total_{slot}" : $"http_request_latency_{slot}",
            Type = slot % 2 == 0 ? SlotType.Counter : SlotType.Gauge,
        }).ToArray();
        var bytes = PageFormat.SlotsOffset + (count + PageFormat.SlotsPerLine - 1) / PageFormat.SlotsPerLine * PageFormat.LineSize;
        var capacity = (bytes + PageFormat.PageSize - 1) / PageFormat.PageSize * PageFormat.PageSize;
        using var pages = PageObject.Create($"microview:{pod}", new SlotGeometry(capacity, 1));
        using var channel = Connect(path);
        var start = Clocks.MonotonicNs;
        await AskAsync<AttachedReply>(channel, new AttachRequest(pod, new ObjectLayout(0, capacity, 1, pages.Epoch)), [pages.File], stop);
        for (var slot = 0; slot < count; slot += batch)
        {
            var end = Math.Min(slot + batch, count);
            var reply = await AskAsync<DescribedReply>(channel, new DescribeRequest(slot, descriptors[slot..end]), null, stop);
            if (reply.Slots != end || reply.Rejected is { Count: > 0 })
                throw new InvalidOperationException($"the agent took {reply.Slots} of {end} metrics and rejected {reply.Rejected?.Count ?? 0}");
        }
        var elapsed = Clocks.MonotonicNs - start;
        await AskAsync<OkReply>(channel, new DetachRequest(), null, stop);
        return elapsed;
    }

    private static ControlChannel Connect(string path)
    {
        try
        {
            return ControlChannel.Connect(path);
        }
        catch (SocketException error)
        {
            throw new UserException($"no agent answers at {path}: {error.Message}; start one with `microview host`", ExitCode.Unavailable, error);
        }
    }

    private static async Task<T> AskAsync<T>(ControlChannel channel, ControlMessage message, Microsoft.Win32.SafeHandles.SafeFileHandle[]? files, CancellationToken stop) where T : ControlMessage
    {
        await channel.SendAsync(message, files, stop);
        var received = await channel.ReceiveAsync(stop) ?? throw new UserException("the agent closed the connection");
        received.CloseFiles();
        return received.Message switch
        {
            T answer => answer,
            ErrorReply refusal => throw new UserException($"the agent refuses: {refusal.Message} ({refusal.Code})"),
            _ => throw new InvalidOperationException($"the agent answered {received.Message.GetType().Name}"),
        };
    }
}

/// <summary>Registers a pod's metrics as the artifact's client does: one POST /metrics each.</summary>
internal sealed class RestRegistration(int port) : IDisposable
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    private readonly HttpClient _http = new() { BaseAddress = new Uri($"http://127.0.0.1:{port}/"), Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>Registers a fresh pod and deletes it; returns the ns from the first request to the last answer.</summary>
    /// <exception cref="UserException">Nobody listens there, or the agent refused.</exception>
    public async Task<long> RunAsync(string pod, int count, CancellationToken stop)
    {
        try
        {
            var start = Clocks.MonotonicNs;
            for (var slot = 0; slot < count; slot++)
                await PostAsync(pod, slot, stop);
            var elapsed = Clocks.MonotonicNs - start;
            using var gone = await _http.DeleteAsync(new Uri($"v1/pods/{pod}", UriKind.Relative), stop);
            await CheckAsync(gone, stop);
            return elapsed;
        }
        catch (HttpRequestException error)
        {
            throw new UserException($"no agent answers at {_http.BaseAddress}: {error.Message}; start one with `microview host`", ExitCode.Unavailable, error);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task PostAsync(string pod, int slot, CancellationToken stop)
    {
        var (name, isGauge) = slot % 2 == 0 ? ($"http_requests_total_{slot}", "false") : ($"http_request_latency_{slot}", "true");
        using var body = new ByteArrayContent(Encoding.UTF8.GetBytes($$"""{"microservice_id":"{{pod}}","name":"{{name}}","type":{{isGauge}},"value":0}"""));
        body.Headers.ContentType = Json;
        using var answer = await _http.PostAsync(new Uri("metrics", UriKind.Relative), body, stop);
        await CheckAsync(answer, stop);
    }

    private static async Task CheckAsync(HttpResponseMessage answer, CancellationToken stop)
    {
        if (!answer.IsSuccessStatusCode)
            throw new UserException($"the agent refuses {answer.RequestMessage!.Method} {answer.RequestMessage.RequestUri!.PathAndQuery}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(stop)}");
    }
}

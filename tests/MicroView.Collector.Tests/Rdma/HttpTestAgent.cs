using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MicroView.Protocol;

namespace MicroView.Collector.Tests;

/// <summary>An agent that speaks the control plane over HTTP, as docs/control-plane.md says; its pods' memory is reached through a <see cref="TestDevice"/>.</summary>
internal sealed class HttpTestAgent : TestBook
{
    private static readonly TimeSpan s_lease = TimeSpan.FromSeconds(2);
    private readonly TestDevice _device;
    private readonly HttpListener _listener = new();
    private readonly Task _accepting;
    private readonly Dictionary<ulong, ObjectRegion> _regions = [];
    private readonly Dictionary<string, DateTime> _leases = [];
    private readonly List<string> _requests = [];

    public HttpTestAgent(TestDevice device, int queues = 2, int port = 0, IEnumerable<TestPod>? pods = null)
        : base(pods, (ulong)(DateTime.UtcNow - DateTime.UnixEpoch).Ticks / 10)
    {
        (_device, Queues, Port) = (device, queues, port != 0 ? port : FreePort());
        _listener.Prefixes.Add($"http://127.0.0.1:{Port}/");
        _listener.Start();
        _accepting = Task.Run(AcceptAsync);
    }

    public int Port { get; }

    public int Queues { get; set; }

    /// <summary>The status that every request of a path gets, instead of an answer.</summary>
    public Dictionary<string, (int Status, string Error)> Refusals { get; } = [];

    /// <summary>How long the answer to a layout takes.</summary>
    public TimeSpan LayoutDelay { get; set; }

    /// <summary>Who holds every pod's term; null: whoever asks.</summary>
    public string? TermHolder { get; set; }

    /// <summary>The pods that terms were asked for last.</summary>
    public IReadOnlyList<string> AskedTerms { get; private set; } = [];

    /// <summary>Queue pairs connected.</summary>
    public int Connects { get; private set; }

    public bool HasLease { get { lock (Gate) return _leases.Values.Any(end => end > DateTime.UtcNow); } }

    public IReadOnlyList<string> Requests { get { lock (Gate) return [.. _requests]; } }

    /// <summary>Forgets every lease and deregisters all memory, which is registered anew when it is told again: as if nothing had been heard for long, and every pod had come anew.</summary>
    public void EndLeases()
    {
        lock (Gate)
        {
            _leases.Clear();
            _regions.Clear();
            _device.Regions.Clear();
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _listener.Stop();
        await _accepting;
        _listener.Close();
    }

    protected override PodLayout Adorn(TestPod pod, PodLayout layout) => layout with
    {
        Regions = [.. pod.Objects.Select((page, index) => _regions.TryGetValue(page.Epoch, out var known) ? known : _regions[page.Epoch] = _device.Register(index, page))],
    };

    private static int FreePort()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private async Task AcceptAsync()
    {
        while (!Stop.IsCancellationRequested)
        {
            try
            {
                var context = await _listener.GetContextAsync();
                _ = Task.Run(() => AnswerAsync(context));
            }
            catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        var path = context.Request.Url!.AbsolutePath;
        lock (Gate)
            _requests.Add($"{context.Request.HttpMethod} {path}");
        try
        {
            if (Refusals.TryGetValue(path, out var refusal))
                await SendAsync(context, new Dictionary<string, string> { ["error"] = refusal.Error }, TestJson.Default.DictionaryStringString, refusal.Status);
            else
                await AnswerAsync(context, path);
        }
        catch (Exception error) when (error is OperationCanceledException or HttpListenerException or ObjectDisposedException)
        {
            // The agent or the collector has gone.
        }
    }

    private Task AnswerAsync(HttpListenerContext context, string path) => (context.Request.HttpMethod, path) switch
    {
        ("GET", "/v1/layout") => LayoutAsync(context),
        ("GET", "/rdma/qps") => SendAsync(context, new QueuePairList([.. Enumerable.Range(0, Queues).Select(End)]), ControlJson.Default.QueuePairList),
        ("POST", "/rdma/qps/connect") => ConnectAsync(context),
        ("POST", "/v1/terms") => TermsAsync(context),
        ("DELETE", "/rdma/qps") => LeaveAsync(context),
        _ => SendAsync(context, new Dictionary<string, string> { ["error"] = "not here" }, TestJson.Default.DictionaryStringString, 404),
    };

    private async Task LayoutAsync(HttpListenerContext context)
    {
        var query = context.Request.QueryString;
        var since = ulong.Parse(query["since"]!, System.Globalization.CultureInfo.InvariantCulture);
        lock (Gate)
            if (since == 0 || IsOpen(query["lease"]!))
                _leases[query["lease"]!] = DateTime.UtcNow + s_lease;
            else
                since = 0; // its lease has ended: all of it, and that opens none
        if (since != 0)
            Acknowledge(since);
        await Task.Delay(LayoutDelay, Stop.Token);
        await WaitPastAsync(since, Math.Min(1000, int.Parse(query["timeout"]!, System.Globalization.CultureInfo.InvariantCulture)));
        LayoutUpdate update;
        lock (Gate)
            update = Compose(since > Generation || since < First ? 0 : since);
        await SendAsync(context, update, ControlJson.Default.LayoutUpdate);
    }

    private async Task ConnectAsync(HttpListenerContext context)
    {
        var asked = await JsonSerializer.DeserializeAsync(context.Request.InputStream, ControlJson.Default.QueuePairList, Stop.Token);
        if (!IsOpen(asked!.Lease!))
        {
            await SendAsync(context, new Dictionary<string, string> { ["error"] = $"the lease '{asked.Lease}' is not open" }, TestJson.Default.DictionaryStringString, 409);
            return;
        }
        lock (Gate)
            Connects += asked.QueuePairs.Count;
        var results = asked.QueuePairs.Select((queue, i) => new ConnectResult("connected", End(queue.Index ?? i) with { InUse = true, State = "rts" })).ToArray();
        await SendAsync(context, new ConnectReply("success", results.Length, results.Length, results), ControlJson.Default.ConnectReply);
    }

    private async Task TermsAsync(HttpListenerContext context)
    {
        var asked = await JsonSerializer.DeserializeAsync(context.Request.InputStream, ControlJson.Default.TermRequest, Stop.Token);
        AskedTerms = asked!.Pods;
        await SendAsync(context, new TermReply([.. asked.Pods.Select(pod => TermHolder is { } holder ? new PodTerm(pod, null, holder) : new(pod, Knows(pod) ? (ushort)5 : null))]), ControlJson.Default.TermReply);
    }

    private Task LeaveAsync(HttpListenerContext context)
    {
        lock (Gate)
            _leases.Remove(context.Request.QueryString["lease"]!);
        return SendAsync(context, new Dictionary<string, string> { ["status"] = "success" }, TestJson.Default.DictionaryStringString);
    }

    private bool IsOpen(string lease)
    {
        lock (Gate)
            return _leases.TryGetValue(lease, out var end) && end > DateTime.UtcNow;
    }

    private static QueuePairEnd End(int index) => new((uint)(40 + index), TestDevice.HostGid.ToString()) { Index = index, InUse = false, Psn = 9, Mtu = 1024, MaxRdAtomic = 16, State = "reset" };

    private static async Task SendAsync<T>(HttpListenerContext context, T document, JsonTypeInfo<T> type, int status = 200)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(document, type);
        (context.Response.StatusCode, context.Response.ContentType, context.Response.ContentLength64) = (status, "application/json", bytes.Length);
        await context.Response.OutputStream.WriteAsync(bytes);
        context.Response.Close();
    }
}

/// <summary>JSON of the test's own answers.</summary>
[System.Text.Json.Serialization.JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class TestJson : System.Text.Json.Serialization.JsonSerializerContext;

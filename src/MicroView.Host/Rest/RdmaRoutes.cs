using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Host;

/// <summary>What answers <c>/rdma/*</c> and <c>/v1/terms</c> (docs/control-plane.md, "RDMA"). The caller has checked the collector role.</summary>
internal sealed class RdmaRoutes(HostState state, VerbsState found)
{
    private const string Queues = "/rdma/qps", Regions = "/rdma/mrs", ConnectAll = Queues + "/connect", Terms = "/v1/terms";
    private const string One = "/rdma/qp/", Connecting = "/connect";
    private const int MaxTerms = 4096;

    internal static bool Owns(string path) => path is Queues or Regions or ConnectAll or Terms || path.StartsWith(One, StringComparison.Ordinal);

    /// <summary>Leases over HTTP have names of their own: a reader on the socket with the same name is another.</summary>
    internal static string LeaseName(string name) => "http:" + name;

    /// <summary>Null, or what is wrong with a lease's name.</summary>
    internal static RestError? CheckLease(string? name) =>
        NameRules.CheckOptional("lease's name", name) is { } problem ? RestError.Invalid(problem) : null;

    /// <summary>Answers a request; the error that it is refused with otherwise.</summary>
    internal ValueTask<RestError?> AnswerAsync(HttpContext context, string path) => (context.Request.Method, path) switch
    {
        ("GET", Queues) => Answer(context, new QueuePairList(state.Rdma?.Queues.Describe() ?? []), ControlJson.Default.QueuePairList),
        ("DELETE", Queues) => LeaveAsync(context),
        ("GET", Regions) => Answer(context, state.Rdma?.Describe() ?? new([]), ControlJson.Default.MemoryRegionList),
        ("POST", ConnectAll) => ConnectAllAsync(context),
        ("POST", Terms) => GrantAsync(context),
        _ when path.StartsWith(One, StringComparison.Ordinal) => OneAsync(context, path[One.Length..]),
        _ => new(NotTaken(context, path)),
    };

    private ValueTask<RestError?> OneAsync(HttpContext context, string rest)
    {
        var connects = rest.EndsWith(Connecting, StringComparison.Ordinal);
        var text = connects ? rest[..^Connecting.Length] : rest;
        if (context.Request.Method != (connects ? "POST" : "GET"))
            return new(NotTaken(context, "a queue pair"));
        if (state.Rdma is not { } rdma)
            return new(connects ? NoQueue : RestError.NotFound($"there is no queue pair '{RestRoutes.Shorten(text)}': {Reason}"));
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index) || index >= rdma.Queues.Count)
            return new(RestError.NotFound($"there is no queue pair '{RestRoutes.Shorten(text)}'; there are {rdma.Queues.Count}, from 0 on"));
        return connects ? ConnectOneAsync(context, rdma, index) : Answer(context, rdma.Queues.Describe(index), ControlJson.Default.QueuePairEnd);
    }

    private async ValueTask<RestError?> ConnectOneAsync(HttpContext context, HostRdma rdma, int index)
    {
        var (peer, error) = await ReadAsync(context, ControlJson.Default.QueuePairEnd).ConfigureAwait(false);
        return peer is null ? error : await ConnectAsync(context, rdma, [peer with { Index = index }], context.Request.Query["lease"]).ConfigureAwait(false);
    }

    private async ValueTask<RestError?> ConnectAllAsync(HttpContext context)
    {
        if (state.Rdma is not { } rdma)
            return await RestBody.ReadAsync(context).ConfigureAwait(false) is null ? RestRoutes.TooLarge : NoQueue;
        var (asked, error) = await ReadAsync(context, ControlJson.Default.QueuePairList).ConfigureAwait(false);
        if (asked is null)
            return error;
        return asked.QueuePairs.Count == 0
            ? RestError.Invalid("queue_pairs is empty; it lists the collector's own ends: {qp_num, gid}")
            : await ConnectAsync(context, rdma, asked.QueuePairs, asked.Lease).ConfigureAwait(false);
    }

    private async ValueTask<RestError?> ConnectAsync(HttpContext context, HostRdma rdma, IReadOnlyList<QueuePairEnd> ends, string? lease)
    {
        for (var i = 0; i < ends.Count; i++)
            if (PeerRules.Check(ends[i]) is { } problem)
                return RestError.Invalid(ends.Count == 1 ? problem : $"queue_pairs[{i}]: {problem}");
        if (CheckLease(lease) is { } wrong)
            return wrong;
        if (Owner(context, lease) is not { } owner)
            return NotOpen(lease!);
        var reply = rdma.Queues.Connect(ends, owner);
        return reply.Connected == 0
            ? new(StatusCodes.Status409Conflict, RefusalReason.Full, reply.Results[0].Error!)
            : await Answer(context, reply, ControlJson.Default.ConnectReply).ConfigureAwait(false);
    }

    /// <summary>A planned leave: queue pairs and terms are free at once.</summary>
    private ValueTask<RestError?> LeaveAsync(HttpContext context)
    {
        string? name = context.Request.Query["lease"];
        if (CheckLease(name) is { } wrong)
            return new(wrong);
        if (name is not null)
            state.Readers.End(LeaseName(name));
        state.Rdma?.Queues.Leave(name is null ? Address(context) : LeaseName(name));
        state.Retirement.Release();
        return Done(RestBody.AnswerAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString("status", "success");
            json.WriteEndObject();
        }));
    }

    private async ValueTask<RestError?> GrantAsync(HttpContext context)
    {
        var (asked, error) = await ReadAsync(context, ControlJson.Default.TermRequest).ConfigureAwait(false);
        if (asked is null)
            return error;
        if (CheckLease(asked.Lease) is { } wrong)
            return wrong;
        if (asked.Pods.Count > MaxTerms)
            return RestError.Invalid($"{asked.Pods.Count} pods; ask for at most {MaxTerms} at once");
        if (asked.Pods.Contains(null!))
            return RestError.Invalid("a pod is null; pods lists their ids");
        if (state.Readers.Find(LeaseName(asked.Lease)) is not { } lease)
            return NotOpen(asked.Lease);
        var now = Clocks.MonotonicNs;
        var terms = asked.Pods.Select(pod => Grant(pod, lease, now)).ToArray();
        return await Answer(context, new TermReply(terms), ControlJson.Default.TermReply).ConfigureAwait(false);
    }

    private PodTerm Grant(string id, ReaderLease lease, long now)
    {
        if (state.Book.Find(id) is not { } pod)
            return new(id, null);
        var (term, holder) = pod.Rate.Grant(lease, now, state.Readers);
        state.MoveRates();
        if (holder is not null)
            return new(id, null, holder);
        state.Metrics.TermsGranted.Increment();
        return new(id, term);
    }

    /// <summary>The lease that a request names, null when it is not open; without one its address is the owner.</summary>
    private QueueOwner? Owner(HttpContext context, string? lease) => lease is null
        ? new(Address(context), null)
        : state.Readers.Find(LeaseName(lease)) is { } open ? new(LeaseName(lease), open) : null;

    /// <summary>Opening it here would vouch for a layout that the collector has not seen: what left since its lease ended is not kept for it.</summary>
    private RestError NotOpen(string lease) => new(StatusCodes.Status409Conflict, RefusalReason.Invalid,
        $"the lease '{lease}' is not open: ask for /v1/layout with it first, and again within {state.Options.LeaseMs} ms each time");

    private static string Address(HttpContext context) => TcpTable.Plain(context.Connection.RemoteIpAddress!).ToString();

    private string Reason => found.IsAvailable ? "this agent serves no queue pairs; its log says why, or start it with --rdma-queues 1 or more" : found.Reason;

    private RestError NoQueue => new(StatusCodes.Status409Conflict, RefusalReason.Full, "no queue pair is free: " + Reason);

    private static RestError NotTaken(HttpContext context, string path) =>
        new(StatusCodes.Status405MethodNotAllowed, RefusalReason.Invalid, $"{path} does not take {RestRoutes.Shorten(context.Request.Method)}");

    private static async ValueTask<(T? Value, RestError? Error)> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type) where T : class
    {
        if (await RestBody.ReadAsync(context).ConfigureAwait(false) is not { } body)
            return (null, RestRoutes.TooLarge);
        try
        {
            return JsonSerializer.Deserialize(body, type) is { } value ? (value, null) : (null, RestError.Invalid("the body is null"));
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return (null, RestError.Invalid($"the body is not what this path takes: {error.Message}")); // the latter: a lone surrogate
        }
    }

    private static ValueTask<RestError?> Answer<T>(HttpContext context, T value, JsonTypeInfo<T> type) =>
        Done(RestBody.AnswerAsync(context, StatusCodes.Status200OK, json => JsonSerializer.Serialize(json, value, type)));

    private static async ValueTask<RestError?> Done(Task answer)
    {
        await answer.ConfigureAwait(false);
        return null;
    }
}

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
    internal const string Queues = "/rdma/qps", Regions = "/rdma/mrs", ConnectAll = Queues + "/connect", Terms = "/v1/terms";
    private const string One = "/rdma/qp/";
    private const int MaxTerms = 4096;

    internal static bool Owns(string path) => path is Queues or Regions or ConnectAll or Terms || path.StartsWith(One, StringComparison.Ordinal);

    /// <summary>Answers a request; the error that it is refused with otherwise.</summary>
    internal ValueTask<RestError?> AnswerAsync(HttpContext context, string path) => (context.Request.Method, path) switch
    {
        ("GET", Queues) => Answer(context, new QueuePairList(state.Rdma?.Queues.Describe() ?? []), ControlJson.Default.QueuePairList),
        ("DELETE", Queues) => LeaveAsync(context),
        ("GET", Regions) => Answer(context, state.Rdma?.Describe() ?? new([]), ControlJson.Default.MemoryRegionList),
        ("POST", ConnectAll) => ConnectAsync(context),
        ("POST", Terms) => GrantAsync(context),
        _ when path.StartsWith(One, StringComparison.Ordinal) => OneAsync(context, path[One.Length..]),
        _ => new(new RestError(StatusCodes.Status405MethodNotAllowed, RefusalReason.Invalid, $"{path} does not take {context.Request.Method}")),
    };

    private string NoQueues => found.IsAvailable ? "this agent serves no queue pairs; start it with --rdma-queues 1 or more" : found.Reason;

    private ValueTask<RestError?> OneAsync(HttpContext context, string rest)
    {
        const string connect = "/connect";
        var connects = rest.EndsWith(connect, StringComparison.Ordinal);
        var text = connects ? rest[..^connect.Length] : rest;
        if (state.Rdma is null && connects)
            return new(Conflict("no queue pair is free: " + NoQueues));
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index) || state.Rdma is not { } rdma || index >= rdma.Queues.Count)
            return new(RestError.NotFound($"there is no queue pair '{(text.Length <= 20 ? text : text[..20] + "…")}': {(state.Rdma is { } some ? $"there are {some.Queues.Count}" : NoQueues)}"));
        return (context.Request.Method, connects) switch
        {
            ("GET", false) => Answer(context, rdma.Queues.Describe()[index], ControlJson.Default.QueuePairEnd),
            ("POST", true) => ConnectOneAsync(context, rdma, index),
            _ => new(new RestError(StatusCodes.Status405MethodNotAllowed, RefusalReason.Invalid, $"queue pair {index} does not take {context.Request.Method}")),
        };
    }

    private async ValueTask<RestError?> ConnectOneAsync(HttpContext context, HostRdma rdma, int index)
    {
        var (peer, error) = await ReadAsync(context, ControlJson.Default.QueuePairEnd).ConfigureAwait(false);
        if (peer is null)
            return error;
        var result = rdma.Queues.Connect([peer with { Index = index }], Owner(context, null)).Results[0];
        return result.QueuePair is null
            ? Conflict(result.Error!)
            : await Answer(context, result with { Status = "success" }, ControlJson.Default.ConnectResult).ConfigureAwait(false);
    }

    private async ValueTask<RestError?> ConnectAsync(HttpContext context)
    {
        var (asked, error) = await ReadAsync(context, ControlJson.Default.QueuePairList).ConfigureAwait(false);
        if (asked is null)
            return error;
        if (asked.QueuePairs.Count == 0 || asked.QueuePairs.Any(peer => peer is null))
            return RestError.Invalid("queue_pairs is empty; it lists the collector's own ends: {qp_num, gid}");
        if (NameRules.CheckOptional("lease", asked.Lease) is { } problem)
            return RestError.Invalid(problem);
        if (state.Rdma is not { } rdma)
            return Conflict("no queue pair is free: " + NoQueues);
        var reply = rdma.Queues.Connect(asked.QueuePairs, Owner(context, asked.Lease));
        return reply.Connected == 0
            ? Conflict(reply.Results[0].Error!)
            : await Answer(context, reply, ControlJson.Default.ConnectReply).ConfigureAwait(false);
    }

    /// <summary>A planned leave: queue pairs and terms are free at once.</summary>
    private ValueTask<RestError?> LeaveAsync(HttpContext context)
    {
        var name = context.Request.Query["lease"].ToString();
        var owner = name.Length > 0 ? LeaseName(name) : Address(context);
        state.Rdma?.Queues.Leave(owner);
        if (name.Length > 0)
            state.Readers.End(owner);
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
        if (NameRules.CheckOptional("lease", asked.Lease) is { } problem || asked.Lease.Length == 0)
            return RestError.Invalid("lease is missing or wrong: give that of /v1/layout");
        if (asked.Pods.Count > MaxTerms)
            return RestError.Invalid($"{asked.Pods.Count} pods; ask for at most {MaxTerms} at once");
        var lease = state.Readers.Touch(LeaseName(asked.Lease), 0, state.Book.Generation);
        var now = Clocks.MonotonicNs;
        var terms = asked.Pods.Select(pod => Grant(pod, lease, now)).ToArray();
        return await Answer(context, new TermReply(terms), ControlJson.Default.TermReply).ConfigureAwait(false);
    }

    private PodTerm Grant(string id, ReaderLease lease, long now)
    {
        if (state.Book.Find(id) is not { } pod)
            return new(id, null);
        var (term, holder) = pod.Rate.Grant(lease, lease.Name, now, state.Readers);
        if (term != 0)
            state.Metrics.TermsGranted.Increment();
        return new(id, term == 0 ? null : term, holder);
    }

    /// <summary>The lease that a request names, opened if it is not; without one its address is the owner.</summary>
    private QueueOwner Owner(HttpContext context, string? lease) => string.IsNullOrEmpty(lease)
        ? new(Address(context), null)
        : new(LeaseName(lease), state.Readers.Touch(LeaseName(lease), 0, state.Book.Generation));

    /// <summary>Leases over HTTP have names of their own: a reader on the socket with the same name is another.</summary>
    internal static string LeaseName(string name) => "http:" + name;

    private static string Address(HttpContext context) => TcpTable.Plain(context.Connection.RemoteIpAddress!).ToString();

    private static RestError Conflict(string problem) => new(StatusCodes.Status409Conflict, RefusalReason.Full, problem);

    private static async ValueTask<(T? Value, RestError? Error)> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type) where T : class
    {
        if (await RestBody.ReadAsync(context).ConfigureAwait(false) is not { } body)
            return (null, new(StatusCodes.Status413PayloadTooLarge, RefusalReason.TooLarge, $"the body is larger than {RestBody.MaxKept} bytes"));
        try
        {
            return JsonSerializer.Deserialize(body, type) is { } value ? (value, null) : (null, RestError.Invalid("the body is null"));
        }
        catch (JsonException error)
        {
            return (null, RestError.Invalid($"the body is not what this path takes: {error.Message}"));
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

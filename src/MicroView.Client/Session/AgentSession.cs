using System.Net.Sockets;
using MicroView.Protocol;

namespace MicroView.Client;

/// <summary>What a session says of its pod.</summary>
internal sealed record SessionIdentity(string Pod, string? Service, string? Container, SortedDictionary<string, string>? Labels, string? Token);

/// <summary>
/// Keeps the pod attached, on one background thread: connects, passes the objects, announces what is new, and starts over when the agent
/// goes. It sleeps in poll() while there is nothing to say.
/// </summary>
internal sealed class AgentSession : IDisposable
{
    private const int AnswerTimeoutMs = 5000, DebounceMs = 3, StopMs = 1000;
    private const int MaxRefusedRetryMs = 30_000;

    private readonly SlotSpace _slots;
    private readonly SessionIdentity _identity;
    private readonly IReadOnlyList<string> _places;
    private readonly ProblemLog _problems;
    private readonly WakeSignal _wake = new();
    private readonly ManualResetEventSlim _stop = new(false, spinCount: 0);
    private readonly Thread _thread;
    private readonly int _retryMs;
    private int _refusedRetryMs;
    private volatile string? _grantedPod;

    internal AgentSession(SlotSpace slots, SessionIdentity identity, IReadOnlyList<string> places, int retryMs, ProblemLog problems)
    {
        (_slots, _identity, _places, _problems) = (slots, identity, places, problems);
        _retryMs = _refusedRetryMs = retryMs;
        _thread = new(Run) { IsBackground = true, Name = "microview-attach" };
        _thread.Start();
    }

    /// <summary>The pod's id at the agent; null while there is none.</summary>
    internal string? GrantedPod => _grantedPod;

    /// <summary>There is something new to announce.</summary>
    internal void Wake() => _wake.Set();

    /// <summary>Detaches; waits for that no longer than a second.</summary>
    public void Dispose()
    {
        _stop.Set();
        _wake.Set();
        if (Thread.CurrentThread != _thread && _thread.Join(StopMs))
            _wake.Dispose();
    }

    private void Run()
    {
        while (!_stop.IsSet)
        {
            var pause = _retryMs;
            try
            {
                using var channel = Connect();
                if (channel is not null)
                    pause = Serve(channel);
            }
            catch (Exception error)
            {
                // Nothing may end this thread: whatever went wrong, the application goes on and the next try comes.
                if (!_stop.IsSet)
                    _problems.TellOnce($"the connection to the agent was lost: {error.Message}");
            }
            _grantedPod = null;
            _stop.Wait(pause);
        }
    }

    private ControlChannel? Connect()
    {
        foreach (var place in _places)
        {
            if (!File.Exists(place))
                continue; // cheaper than an exception twice a second
            try
            {
                return ControlChannel.Connect(place);
            }
            catch (SocketException error)
            {
                _problems.TellOnce($"no agent answers at {place}: {error.Message}");
            }
        }
        return null;
    }

    /// <summary>Runs one connection until the agent goes or the client stops.</summary>
    /// <returns>Milliseconds to the next try.</returns>
    private int Serve(ControlChannel channel)
    {
        var retired = _slots.RetiredCount; // what was retired before is announced as hidden, and never retired again
        var first = Layout(_slots.First, 0);
        channel.Send(new AttachRequest(_identity.Pod, first, _identity.Service, _identity.Container, _identity.Labels, _identity.Token), [_slots.First.File], AnswerTimeoutMs);
        if (Answer<AttachedReply>(channel) is not { } attached)
            return BackOff();
        _refusedRetryMs = _retryMs;
        _grantedPod = attached.Pod;
        var (objects, described) = (1, 0);
        var nextTry = 0L; // after a refusal: what was published stays, and the rest is tried again later
        while (!_stop.IsSet)
        {
            var news = _slots.Next(objects, described, retired);
            var pause = news.IsEmpty ? Timeout.Infinite : (int)Math.Max(0, nextTry - Environment.TickCount64);
            if (pause == 0)
            {
                if (Announce(channel, news, ref objects, ref described, ref retired))
                    _refusedRetryMs = _retryMs;
                else
                    nextTry = Environment.TickCount64 + BackOff();
                continue;
            }
            if (channel.WaitForInput(_wake, pause))
                return Farewell(channel);
            _stop.Wait(DebounceMs); // metrics come in bursts: one message for all
        }
        channel.Send(new DetachRequest(), null, StopMs / 4);
        _ = channel.Receive(StopMs / 4);
        return 0;
    }

    private bool Announce(ControlChannel channel, Announcement news, ref int objects, ref int described, ref int retired)
    {
        if (news.Retired.Length > 0)
        {
            // First: a new metric may have the name of a retired one. Slots not described yet will be, as hidden.
            var known = described;
            int[] slots = [.. news.Retired.Where(slot => slot < known)];
            if (slots.Length > 0)
            {
                channel.Send(new RetireRequest(slots), null, AnswerTimeoutMs);
                if (Answer<OkReply>(channel) is null)
                    return false;
            }
            retired += news.Retired.Length;
        }
        else if (news.Descriptors.Length > 0)
        {
            channel.Send(new DescribeRequest(described, news.Descriptors), null, AnswerTimeoutMs);
            if (Answer<DescribedReply>(channel) is not { } answer)
                return false;
            described += news.Descriptors.Length;
            foreach (var rejected in answer.Rejected ?? [])
                _problems.CountRejected(rejected.Reason);
        }
        else if (news.Object is { } next)
        {
            channel.Send(new AttachObjectRequest(Layout(next, objects)), [next.File], AnswerTimeoutMs);
            if (Answer<OkReply>(channel) is null)
                return false;
            objects++;
        }
        return true;
    }

    /// <summary>The agent's answer, or null when it refused, which is told.</summary>
    private T? Answer<T>(ControlChannel channel) where T : ControlMessage
    {
        var received = channel.Receive(AnswerTimeoutMs) ?? throw new IOException("the agent closed the connection");
        received.CloseFiles(); // an agent has no descriptor to give to a client
        if (received.Message is T answer)
            return answer;
        if (received.Message is not ErrorReply refusal)
            throw new ControlProtocolException($"the agent answered {received.Message.GetType().Name} where {typeof(T).Name} was due");
        _problems.TellOnce($"the agent refuses pod '{_identity.Pod}': {refusal.Message} ({refusal.Code})");
        return null;
    }

    /// <summary>The agent says something unasked, or has closed.</summary>
    private int Farewell(ControlChannel channel)
    {
        if (channel.Receive(AnswerTimeoutMs) is not { } received)
            return _retryMs;
        received.CloseFiles();
        if (received.Message is ErrorReply { Code: not ErrorCodes.Stopping } refusal)
        {
            _problems.TellOnce($"the agent ends the session of pod '{_identity.Pod}': {refusal.Message} ({refusal.Code})");
            return BackOff();
        }
        return _retryMs;
    }

    /// <summary>A refusal does not go away by asking: each try waits twice as long, until one is admitted.</summary>
    private int BackOff()
    {
        var pause = _refusedRetryMs;
        _refusedRetryMs = Math.Min(pause * 2, MaxRefusedRetryMs);
        return pause;
    }

    private static ObjectLayout Layout(PageObject page, int index) => new(index, page.Geometry.Capacity, page.Geometry.Stripes, page.Epoch);
}

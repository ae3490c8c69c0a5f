using System.Threading;
using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Collector;

/// <summary>Who owns a queue pair, and so may touch it.</summary>
internal enum QueueState
{
    /// <summary>The keeper's: not connected, and nothing is posted.</summary>
    Down,

    /// <summary>The keeper's: the handshake is under way.</summary>
    Connecting,

    /// <summary>The LMAP's: connected. It posts, polls and resets; nobody else touches it.</summary>
    Ready,
}

/// <summary>
/// One LMAP's queue pair: posts a pass's READs as one chain, as far as its depth allows with one doorbell, and gives each pod its own as soon as it is done.
/// </summary>
/// <remarks>
/// Ownership goes by <see cref="State"/> alone. The keeper takes it from Down over Connecting to Ready, by <see cref="HandOver"/>; from there on it belongs to the
/// LMAP's thread, which gives it back as Down when an error has ended the connection or when the keeper asks for it (<see cref="Recall"/>), both times with
/// nothing in flight. Everything else in here is the LMAP's at all times, but for the statistics, which anyone reads.
/// </remarks>
internal sealed class LmapQueue : ScrapeReads, IDisposable
{
    private const int ErrnoNoMemory = 12; // the send queue is full
    private const int SpinPolls = 40, SpinLength = 20; // some 20 µs: a READ of a real device
    private const int PatienceMs = 1000; // without any completion; a pod is stale by then
    private static readonly TimeSpan SleepSlice = TimeSpan.FromMilliseconds(100);

    private readonly SendQueue _queue;
    private readonly LandingMemory _memory;
    private readonly Action _givenBack;
    private readonly bool _spin;
    private readonly ReadPlan _plan;
    private readonly ControlWrites _words;
    private readonly Completion[] _completions = new Completion[32];
    private MonitoredPod[]? _pods;
    private bool _inPass;
    private int _posted, _done, _end;
    private uint _connection;
    private long _nowNs;
    private int _state;
    private volatile bool _recalled;

    /// <param name="index">The LMAP's number.</param>
    /// <param name="queue">Its queue pair; owned.</param>
    /// <param name="memory">Where READs land.</param>
    /// <param name="spin">Spins for completions instead of sleeping.</param>
    /// <param name="givenBack">Called by the LMAP's thread when the queue pair is the keeper's again; does not wait.</param>
    public LmapQueue(int index, SendQueue queue, LandingMemory memory, bool spin, Action givenBack)
    {
        (Index, _queue, _memory, _spin, _givenBack) = (index, queue, memory, spin, givenBack);
        _plan = new ReadPlan(queue);
        _words = new ControlWrites(queue);
    }

    /// <summary>The LMAP's number.</summary>
    public int Index { get; }

    /// <summary>The queue pair's number.</summary>
    public uint Number => _queue.Number;

    /// <summary>Who owns the queue pair.</summary>
    public QueueState State => (QueueState)Volatile.Read(ref _state);

    public override bool IsReady => State == QueueState.Ready;

    public QueueStatistics Statistics { get; } = new();

    /// <summary>Why it came back last, for a log; null: it was recalled. Read by the keeper when it owns the queue.</summary>
    public QueueFailure? Failure { get; private set; }

    // ---- the keeper's

    /// <summary>The keeper begins a handshake.</summary>
    public void BeginConnecting() => Volatile.Write(ref _state, (int)QueueState.Connecting);

    /// <summary>The keeper gives a handshake up.</summary>
    public void GiveUpConnecting() => Volatile.Write(ref _state, (int)QueueState.Down);

    /// <summary>Connects this end; the queue pair stays the keeper's.</summary>
    /// <exception cref="VerbsException">The device refuses.</exception>
    public void Connect(LocalEnd local, RemoteEnd remote) => _queue.Connect(local, remote);

    /// <summary>Hands the connected queue pair to the LMAP.</summary>
    public void HandOver()
    {
        if (_connection++ > 0)
            Statistics.Reconnects++;
        _recalled = false;
        Failure = null;
        Volatile.Write(ref _state, (int)QueueState.Ready);
    }

    /// <summary>Asks the LMAP for the queue pair; it comes back as Down before its next pass.</summary>
    public void Recall() => _recalled = true;

    // ---- the LMAP's

    public override void Begin(MonitoredPod[] pods, long nowNs)
    {
        (_inPass, _posted, _done, _end, _nowNs) = (false, 0, 0, 0, nowNs); // what an earlier pass landed is not this one's
        if (!IsReady)
            return;
        if (_recalled)
        {
            GiveBack(null);
            return;
        }
        if (!ReferenceEquals(pods, _pods) || _plan.RetryNs <= nowNs)
        {
            _plan.Make(pods, this, _connection, nowNs);
            Statistics.FaultedPods = _plan.Faulted;
            _pods = pods;
        }
        var words = _words.Compose(_plan, nowNs);
        Statistics.Words += words;
        (_end, _inPass) = (_plan.Reads + words, true);
        Pump();
    }

    /// <summary>Waits until a pod's READs are done: Fresh, or why its images are not this pass's.</summary>
    public RowStatus Await(VerbsSource source)
    {
        var last = source.LastRequest;
        if (last >= 0)
        {
            // Where the chain is longer than the queue, the next run is posted in good time.
            if (_posted < _end && last % ReadPlan.SignalPeriod == 0 && _inPass)
                Collect();
            while (_done <= last && Advance())
            {
            }
            if (_done > last)
            {
                if (source.Fault.IsSet)
                    source.Fault.Clear();
                return RowStatus.Fresh;
            }
        }
        return source.Fault.IsSet ? RowStatus.Unreadable : RowStatus.Stale;
    }

    public override void End()
    {
        while (_done < _end && Advance())
        {
        }
        if (!_inPass)
            return;
        _inPass = false;
        _words.Finish();
        (Statistics.Reads, Statistics.Bytes) = (Statistics.Reads + _plan.Reads, Statistics.Bytes + _plan.Bytes);
    }

    /// <summary>Destroys the queue pair; the LMAP's thread and the keeper must have ended.</summary>
    public void Dispose() => _queue.Dispose();

    /// <summary>Takes what has completed, waiting for something to; false when the connection is over, or there is nothing to wait for.</summary>
    private bool Advance()
    {
        if (!_inPass)
            return false;
        if (Collect())
            return _inPass;
        for (var i = 0; i < SpinPolls; i++)
        {
            Thread.SpinWait(SpinLength);
            if (Collect())
                return _inPass;
        }
        var deadline = Clocks.MonotonicNs + PatienceMs * 1_000_000L;
        do
        {
            if (!_spin && !Sleep())
                return false;
            if (Collect())
                return _inPass;
        }
        while (Clocks.MonotonicNs < deadline);
        Statistics.Timeouts++;
        Break(new($"no READ completed within {PatienceMs} ms", null));
        return false;
    }

    private bool Sleep()
    {
        try
        {
            _queue.Wait(SleepSlice);
            return true;
        }
        catch (VerbsException error)
        {
            Break(new(error.Message, null));
            return false;
        }
    }

    /// <summary>Takes completions without waiting; true when there were any, if only the connection's end.</summary>
    private bool Collect()
    {
        int count;
        try
        {
            count = _queue.Poll(_completions);
        }
        catch (VerbsException error)
        {
            Break(new(error.Message, null));
            return true;
        }
        var any = false;
        foreach (ref readonly var completion in _completions.AsSpan(0, count))
        {
            var request = _plan.RequestOf(completion.Id);
            if (request < 0)
                continue; // of an earlier connection
            any = true;
            if (completion.Status == CompletionStatus.Success)
            {
                _done = Math.Max(_done, request + 1);
                continue;
            }
            Fail(request, completion.Status);
            return true; // what comes behind it was flushed
        }
        if (any)
            Pump();
        return any;
    }

    /// <summary>Posts as much as the queue takes, in runs that are worth a doorbell.</summary>
    private void Pump()
    {
        var left = _end - _posted;
        var room = _queue.Depth - (_posted - _done);
        if (left == 0 || (room < left && room < _queue.Depth / 2))
            return;
        var errno = _queue.Post(_posted, Math.Min(left, room), out var taken);
        _posted += taken;
        // A full queue has room again with the next completion, if there is one to come.
        if (errno != 0 && !(errno == ErrnoNoMemory && _posted > _done))
            Break(new(_queue.PostFailed(errno).Message, null));
    }

    /// <summary>The first completion with an error tells what was wrong: requests before it are done, those behind it were flushed.</summary>
    private void Fail(int request, CompletionStatus status)
    {
        Statistics.Count(status);
        _done = Math.Max(_done, request);
        var isWord = request >= _plan.Reads;
        var source = isWord ? _words.SourceOf(request) : _plan.OwnerOf(request);
        if (status is CompletionStatus.RemoteAccess or CompletionStatus.RemoteInvalidRequest)
        {
            if (isWord)
                _words.Refuse(request, _nowNs);
            else
                source.Fault.Set(_nowNs);
            Break(new(status.Describe(), source, isWord, status));
        }
        else
        {
            Break(new(status.Describe(), null, false, status));
        }
    }

    /// <summary>The connection is over. The reset makes sure that nothing that was posted touches memory any more.</summary>
    private void Break(QueueFailure failure)
    {
        var reads = Math.Min(_done, _plan.Reads);
        (Statistics.Reads, Statistics.Bytes) = (Statistics.Reads + reads, Statistics.Bytes + _plan.BytesOf(reads));
        _inPass = false;
        _end = _done;
        try
        {
            _queue.Reset();
            while (_queue.Poll(_completions) > 0)
            {
                // Room for the completions of the next connection.
            }
        }
        catch (VerbsException error)
        {
            _memory.Freeze();
            failure = new($"{failure.Reason}; {error.Message}", failure.Source, failure.IsWord, failure.Status);
        }
        GiveBack(failure);
    }

    private void GiveBack(QueueFailure? failure)
    {
        Failure = failure;
        _pods = null; // made anew for the next connection
        Volatile.Write(ref _state, (int)QueueState.Down);
        _givenBack();
    }
}

/// <summary>Why a connection ended.</summary>
/// <param name="Reason">In words.</param>
/// <param name="Source">The pod whose request was refused; null: it was no pod's fault.</param>
/// <param name="IsWord">It was a WRITE of its control word, not a READ.</param>
/// <param name="Status">The completion's status; null: there was none.</param>
internal sealed record QueueFailure(string Reason, VerbsSource? Source, bool IsWord = false, CompletionStatus? Status = null);

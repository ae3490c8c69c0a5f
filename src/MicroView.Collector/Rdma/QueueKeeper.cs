using Microsoft.Extensions.Logging;
using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Collector;

/// <summary>
/// Keeps the LMAPs' queue pairs connected: all at the start of a session with the agent, and each again when its connection has ended. The only one who touches
/// a queue pair that is not its LMAP's. For one session at a time.
/// </summary>
internal sealed class QueueKeeper(VerbsTransport transport, AgentHttp agent, ILogger logger)
{
    private const int FirstPauseMs = 50, LongestPauseMs = 1000;
    private const int SteadyMs = 5000; // a connection that held for so long begins with the first pause again
    private const int RecallLookMs = 2;

    private readonly QueueRecord[] _records = [.. transport.Queues.Select(_ => new QueueRecord())];

    /// <summary>
    /// Connects every LMAP's queue pair anew, whatever state it is in. The LMAPs get them by <see cref="HandOver"/>: what they know of pods is an
    /// earlier session's, and the agent may have been started again since.
    /// </summary>
    /// <exception cref="IOException">It cannot be: which and why.</exception>
    public async Task ConnectAllAsync(CancellationToken cancellation)
    {
        var queues = transport.Queues;
        var offered = (await agent.QueuePairsAsync(cancellation).ConfigureAwait(false)).QueuePairs.Count;
        // An agent that offers none says why when it is asked to connect one.
        if (offered > 0 && offered < queues.Count)
            throw new IOException($"the agent at {agent.Place} has {offered} queue pairs, and each of {queues.Count} LMAPs needs one: "
                + $"start it with --rdma-queues {queues.Count}, or this collector with --lmaps {offered}");
        foreach (var record in _records)
            record.AgentIndex = null;
        foreach (var queue in queues)
            queue.Recall();
        foreach (var queue in queues)
            while (queue.State == QueueState.Ready)
                await Task.Delay(RecallLookMs, cancellation).ConfigureAwait(false);
        foreach (var queue in queues)
            Note(queue, _records[queue.Index]);
        await ConnectAsync(queues, cancellation).ConfigureAwait(false);
    }

    /// <summary>The LMAPs read what this session's layout told: they may begin.</summary>
    public void HandOver()
    {
        foreach (var queue in transport.Queues)
            if (queue.State == QueueState.Connecting)
                queue.HandOver();
    }

    /// <summary>Connects again what comes back, until the cancellation.</summary>
    /// <exception cref="QueuePairConflictException">The agent's end is another collector's by now: the session must begin anew.</exception>
    public async Task KeepAsync(CancellationToken cancellation)
    {
        while (true)
        {
            var pause = Timeout.Infinite;
            foreach (var queue in transport.Queues)
            {
                if (queue.State != QueueState.Down)
                    continue;
                var record = _records[queue.Index];
                Note(queue, record);
                var left = (int)(record.RetryAt - Environment.TickCount64);
                if (left <= 0)
                    left = await TryAgainAsync(queue, record, cancellation).ConfigureAwait(false);
                if (left > 0)
                    pause = pause < 0 ? left : Math.Min(pause, left);
            }
            await transport.WaitGivenBackAsync(TimeSpan.FromMilliseconds(pause), cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Milliseconds until the next try; 0: it is connected.</summary>
    private async Task<int> TryAgainAsync(LmapQueue queue, QueueRecord record, CancellationToken cancellation)
    {
        try
        {
            await ConnectAsync([queue], cancellation).ConfigureAwait(false);
            queue.HandOver();
            return 0;
        }
        catch (IOException error) when (error is not QueuePairConflictException)
        {
            if (record.Problem != error.Message)
                logger.LogWarning("LMAP {Index}: its queue pair cannot be connected again yet: {Error}", queue.Index, error.Message);
            record.Problem = error.Message;
            return record.Defer();
        }
    }

    private async Task ConnectAsync(IReadOnlyList<LmapQueue> queues, CancellationToken cancellation)
    {
        foreach (var queue in queues)
            queue.BeginConnecting();
        try
        {
            var (port, lid) = transport.Adapter.Describe(agent.LocalAddress);
            var ends = queues.Select(_ => port with { PacketSequence = (uint)(Machine.RandomBits() >> 40) }).ToArray(); // 24 bits
            var others = await agent.ConnectAsync([.. queues.Zip(ends, (queue, end) => Told(queue, end, lid))], cancellation).ConfigureAwait(false);
            for (var i = 0; i < queues.Count; i++)
                Connect(queues[i], ends[i], others[i]);
        }
        catch
        {
            foreach (var queue in queues)
                queue.GiveUpConnecting();
            throw;
        }
    }

    private QueuePairEnd Told(LmapQueue queue, LocalEnd end, ushort lid) => new(queue.Number, end.Gid.Gid.ToString())
    {
        Index = _records[queue.Index].AgentIndex,
        Psn = end.PacketSequence,
        Mtu = end.Mtu.ToBytes(),
        MaxRdAtomic = end.ReadsSent,
        Lid = lid,
    };

    private void Connect(LmapQueue queue, LocalEnd local, QueuePairEnd other)
    {
        if (!Gid.TryParse(other.Gid, out var gid))
            throw new IOException($"the agent at {agent.Place} has the GID '{other.Gid}', which is none");
        var reads = Math.Clamp(other.MaxRdAtomic, 1, byte.MaxValue);
        var mtu = other.Mtu == 0 ? PathMtu.Mtu1024 : PathMtuBytes.From(other.Mtu);
        queue.Connect(local, new(other.QpNum, gid, (ushort)other.Lid, mtu, other.Psn, reads, reads));
        var record = _records[queue.Index];
        record.Opened(other.Index, $"QP {queue.Number}, GID {local.Gid.Gid} ({transport.Adapter.Name}): connected to QP {other.QpNum}, GID {gid}");
        logger.LogInformation("LMAP {Index}: {Connection}", queue.Index, record.Connection);
    }

    /// <summary>Says once why a connection ended, and how long to wait before the next.</summary>
    private void Note(LmapQueue queue, QueueRecord record)
    {
        if (!record.IsOpen)
            return;
        record.Closed();
        if (queue.Failure is { Source: { } source } refused)
            logger.LogWarning("LMAP {Index}: the agent's machine refused to let {What} pod {Pod} be {Verb} by QP {Number} (layout {Generation}): {Reason}; its other pods are stale until the queue pair is connected again",
                queue.Index, refused.IsWord ? "the control word of" : "the values of", source.Pod, refused.IsWord ? "written" : "read", queue.Number, source.LayoutGeneration, refused.Reason);
        else if (queue.Failure is { } failure)
            logger.LogWarning("LMAP {Index}: the connection of QP {Number} ended: {Reason}; its pods are stale until it is back", queue.Index, queue.Number, failure.Reason);
    }

    /// <summary>The connection of an LMAP as people are told of it; null: there has been none.</summary>
    public string? ConnectionOf(int lmap) => _records[lmap].Connection;

    /// <summary>What the keeper knows of one LMAP's queue pair.</summary>
    private sealed class QueueRecord
    {
        private int _pauseMs = FirstPauseMs;
        private long _openedAt;

        /// <summary>The agent's end, which is asked for again while a session lasts: another of the same lease may be another LMAP's.</summary>
        public int? AgentIndex { get; set; }

        public bool IsOpen { get; private set; }

        public string? Connection { get; private set; }

        public string? Problem { get; set; }

        public long RetryAt { get; private set; }

        public void Opened(int? index, string connection)
        {
            (AgentIndex, Connection, Problem, IsOpen) = (index, connection, null, true);
            _openedAt = Environment.TickCount64;
        }

        /// <summary>One that breaks as soon as it is connected is tried ever less often.</summary>
        public void Closed()
        {
            IsOpen = false;
            if (Environment.TickCount64 - _openedAt > SteadyMs)
                _pauseMs = FirstPauseMs;
            Defer();
        }

        public int Defer()
        {
            var pause = _pauseMs;
            RetryAt = Environment.TickCount64 + pause;
            _pauseMs = Math.Min(_pauseMs * 2, LongestPauseMs);
            return pause;
        }
    }
}

using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>One reader's lease: what it has acknowledged, and when it was last heard of.</summary>
internal sealed class ReaderLease(string name, Action? replaced)
{
    internal string Name => name;

    internal ulong Acknowledged { get; set; }

    /// <summary>By the <see cref="ListeningClock"/>.</summary>
    internal TimeSpan RenewedAt { get; set; }

    /// <summary>Questions that its connection waits with for an answer: until it has one, the connection is the lease.</summary>
    internal int Waiting { get; set; }

    /// <summary>Ends the session that holds it: the same name comes back, or the lease is taken away. Null over HTTP.</summary>
    internal Action? Replaced => replaced;
}

/// <summary>
/// The readers' leases by name. Tells up to which generation every live reader has acknowledged. Thread-safe; its lock is
/// innermost.
/// </summary>
internal sealed class ReaderLeases(TimeSpan length, Func<long>? timestamp = null)
{
    private readonly Lock _gate = new();
    private readonly ListeningClock _clock = new(timestamp ?? (() => Clocks.MonotonicNs));
    private readonly Dictionary<string, ReaderLease> _leases = new(StringComparer.Ordinal);

    internal TimeSpan Length => length;

    /// <summary>Opens a lease; the same name's earlier one is over.</summary>
    /// <param name="name">The reader's name.</param>
    /// <param name="acknowledged">The generation now: the reader cannot have seen anything that had gone before.</param>
    /// <param name="replaced">Called when the same name comes back; null for a lease over HTTP.</param>
    internal ReaderLease Open(string name, ulong acknowledged, Action? replaced)
    {
        ReaderLease? earlier;
        ReaderLease lease;
        lock (_gate)
            lease = OpenLocked(name, acknowledged, replaced, out earlier);
        earlier?.Replaced?.Invoke();
        return lease;
    }

    /// <summary>
    /// Renews a lease over HTTP, which has no connection to hold it, or opens it for a reader that begins (<paramref name="since"/> is 0). One that
    /// has ended is never revived: what its reader knows is no longer kept for it. Null: the reader must begin again.
    /// </summary>
    /// <param name="name">The lease's name.</param>
    /// <param name="since">The generation that the reader acknowledges; 0: it knows none.</param>
    /// <param name="generation">The generation now; one past it was never told, so it acknowledges nothing.</param>
    internal ReaderLease? Touch(string name, ulong since, ulong generation)
    {
        ReaderLease? earlier;
        ReaderLease lease;
        lock (_gate)
        {
            DropForgotten();
            if (_leases.TryGetValue(name, out var known) && known.Replaced is null)
            {
                known.RenewedAt = _clock.Now;
                if (since <= generation)
                    known.Acknowledged = Math.Max(known.Acknowledged, since);
                return known;
            }
            if (since != 0)
                return null;
            lease = OpenLocked(name, generation, null, out earlier);
        }
        earlier?.Replaced?.Invoke();
        return lease;
    }

    /// <summary>The open lease of a name over HTTP; null when there is none.</summary>
    internal ReaderLease? Find(string name)
    {
        lock (_gate)
            return _leases.TryGetValue(name, out var lease) && lease.Replaced is null && IsLive(lease) ? lease : null;
    }

    /// <summary>Called with each heartbeat: by that the leases know that the agent runs.</summary>
    internal void Listen()
    {
        lock (_gate)
            _ = _clock.Now;
    }

    /// <summary>True while a lease holds what is its own.</summary>
    internal bool IsOpen(ReaderLease lease)
    {
        lock (_gate)
            return _leases.GetValueOrDefault(lease.Name) == lease && IsLive(lease);
    }

    /// <summary>Ends the lease of a name over HTTP: a planned leave.</summary>
    internal void End(string name)
    {
        lock (_gate)
            if (_leases.TryGetValue(name, out var lease) && lease.Replaced is null)
                _leases.Remove(name);
    }

    /// <summary>Takes the lease from every reader that has not acknowledged a generation; answers them, for the caller to end their sessions.</summary>
    internal List<ReaderLease> EndBehind(ulong generation)
    {
        lock (_gate)
        {
            var behind = _leases.Values.Where(lease => lease.Acknowledged < generation && IsLive(lease)).ToList();
            behind.ForEach(lease => _leases.Remove(lease.Name));
            return behind;
        }
    }

    /// <summary>The reader waits for an answer over a connection whose end would tell of its own.</summary>
    internal void Wait(ReaderLease lease)
    {
        lock (_gate)
            lease.Waiting++;
    }

    /// <summary>The reader has its answer, and the lease's length to be heard of again.</summary>
    internal void Answer(ReaderLease lease)
    {
        lock (_gate)
        {
            lease.Waiting--;
            lease.RenewedAt = _clock.Now;
        }
    }

    internal void Acknowledge(ReaderLease lease, ulong generation)
    {
        lock (_gate)
        {
            lease.RenewedAt = _clock.Now;
            lease.Acknowledged = Math.Max(lease.Acknowledged, generation);
        }
    }

    internal void Close(ReaderLease lease)
    {
        lock (_gate)
            if (_leases.GetValueOrDefault(lease.Name) == lease)
                _leases.Remove(lease.Name);
    }

    /// <summary>The oldest acknowledgement among live leases; the largest number when there are none.</summary>
    internal ulong OldestAcknowledged()
    {
        lock (_gate)
        {
            DropForgotten();
            var oldest = ulong.MaxValue;
            foreach (var lease in _leases.Values)
                if (IsLive(lease))
                    oldest = Math.Min(oldest, lease.Acknowledged);
            return oldest;
        }
    }

    internal int Count
    {
        get
        {
            lock (_gate)
                return _leases.Values.Count(IsLive);
        }
    }

    private ReaderLease OpenLocked(string name, ulong acknowledged, Action? replaced, out ReaderLease? earlier)
    {
        DropForgotten();
        earlier = _leases.GetValueOrDefault(name);
        return _leases[name] = new(name, replaced) { Acknowledged = acknowledged, RenewedAt = _clock.Now };
    }

    /// <summary>A reader over HTTP has no connection whose end would tell; without this, names would gather.</summary>
    private void DropForgotten()
    {
        foreach (var (name, lease) in _leases)
            if (lease.Replaced is null && !IsLive(lease))
                _leases.Remove(name);
    }

    private bool IsLive(ReaderLease lease) => lease.Waiting > 0 || _clock.Now - lease.RenewedAt < length;
}

using System.Diagnostics;

namespace MicroView.Host;

/// <summary>One reader's lease: what it has acknowledged, and when it was last heard of.</summary>
internal sealed class ReaderLease(string name, Action? replaced)
{
    internal string Name => name;

    internal ulong Acknowledged { get; set; }

    internal long RenewedAt { get; set; }

    /// <summary>When it last acknowledged something new, or everything.</summary>
    internal long MovedAt { get; set; } = Stopwatch.GetTimestamp();

    /// <summary>Called when the same name comes back.</summary>
    internal Action? Replaced => replaced;
}

/// <summary>
/// The readers' leases by name. Tells up to which generation every live reader has acknowledged. Thread-safe; its lock is
/// innermost.
/// </summary>
internal sealed class ReaderLeases(TimeSpan length)
{
    /// <summary>A reader over HTTP that renews and never acknowledges would keep retired memory for ever.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ReaderLease> _leases = new(StringComparer.Ordinal);

    internal TimeSpan Length => length;

    /// <summary>Opens a lease; the same name's earlier one is over.</summary>
    /// <param name="name">The reader's name.</param>
    /// <param name="acknowledged">The generation now: the reader cannot have seen anything that had gone before.</param>
    /// <param name="replaced">Called when the same name comes back; null for a lease over HTTP.</param>
    internal ReaderLease Open(string name, ulong acknowledged, Action? replaced)
    {
        var lease = new ReaderLease(name, replaced) { Acknowledged = acknowledged, RenewedAt = Stopwatch.GetTimestamp() };
        ReaderLease? earlier;
        lock (_gate)
        {
            DropForgotten();
            earlier = _leases.GetValueOrDefault(name);
            _leases[name] = lease;
        }
        earlier?.Replaced?.Invoke();
        return lease;
    }

    /// <summary>
    /// Renews a lease over HTTP, which has no connection to hold it: opened by its first use, replaced by none. One that has ended is
    /// never revived: what it held is given up, so its name gets a new one.
    /// </summary>
    internal ReaderLease Touch(string name, ulong since, ulong generation)
    {
        lock (_gate)
        {
            DropForgotten();
            if (_leases.TryGetValue(name, out var lease) && lease.Replaced is null)
            {
                lease.RenewedAt = Stopwatch.GetTimestamp();
                Acknowledge(lease, Math.Min(since, generation), generation);
                return lease;
            }
        }
        return Open(name, generation, null);
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

    private static void Acknowledge(ReaderLease lease, ulong acknowledged, ulong generation)
    {
        if (acknowledged > lease.Acknowledged || acknowledged == generation)
            lease.MovedAt = Stopwatch.GetTimestamp();
        lease.Acknowledged = Math.Max(lease.Acknowledged, acknowledged);
    }

    internal void Renew(ReaderLease lease)
    {
        lock (_gate)
            lease.RenewedAt = Stopwatch.GetTimestamp();
    }

    internal void Acknowledge(ReaderLease lease, ulong generation)
    {
        lock (_gate)
        {
            lease.RenewedAt = Stopwatch.GetTimestamp();
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

    /// <summary>A reader over HTTP has no connection whose end would tell; without this, names would gather.</summary>
    private void DropForgotten()
    {
        foreach (var (name, lease) in _leases)
            if (lease.Replaced is null && !IsLive(lease))
                _leases.Remove(name);
    }

    private bool IsLive(ReaderLease lease) =>
        Stopwatch.GetElapsedTime(lease.RenewedAt) < length && (lease.Replaced is not null || Stopwatch.GetElapsedTime(lease.MovedAt) < s_patience);
}

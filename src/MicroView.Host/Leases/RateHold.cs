using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>
/// Who may write a pod's control word: one collector at a time, for as long as it writes it again. Thread-safe; takes only the
/// pod's memory lock and that of the leases inside its own.
/// </summary>
internal sealed class RateHold
{
    private readonly Lock _gate = new();
    private object? _holder;
    private string _holderName = "";
    private ushort _term; // the holder's, or the last one's
    private ushort _sequence;
    private ControlWord _base;
    private bool _isSettled = true;
    private long _movedNs = long.MinValue / 2; // long ago, and still subtractable

    /// <summary>True while a collector holds it.</summary>
    internal bool IsHeld
    {
        get
        {
            lock (_gate)
                return _holder is not null;
        }
    }

    /// <summary>True when the last watch found the base rate, and nobody has taken the pod since.</summary>
    internal bool IsSettled
    {
        get
        {
            lock (_gate)
                return _isSettled;
        }
    }

    /// <summary>Stores the base rate when the pod is admitted: what stands in the object may be an earlier agent's.</summary>
    internal void Begin(IPodMemory memory, double baseRate)
    {
        lock (_gate)
            _base = Store(memory, baseRate, 0);
    }

    /// <summary>Stores a collector's rate; null, or who holds the pod instead.</summary>
    internal string? Set(IPodMemory memory, object session, string name, double rate, long nowNs, ReaderLeases leases)
    {
        lock (_gate)
        {
            if (!TryTake(session, name, leases))
                return _holderName;
            Store(memory, rate, _term);
            _movedNs = nowNs;
            return null;
        }
    }

    /// <summary>
    /// Grants the term to a lease that writes the word by RDMA; 0, and who holds the pod instead. A new holder has the time-out to begin;
    /// asking again renews nothing.
    /// </summary>
    internal (ushort Term, string? Holder) Grant(ReaderLease lease, long nowNs, ReaderLeases leases)
    {
        lock (_gate)
        {
            var isNew = !ReferenceEquals(_holder, lease);
            if (!TryTake(lease, lease.Name, leases))
                return (0, _holderName);
            if (isNew)
                _movedNs = nowNs;
            return (_term, null);
        }
    }

    /// <summary>
    /// Puts the base rate back when no word of the term has moved for too long; true when it did. A word of any other term is a former
    /// holder's, or forged: it keeps nothing alive, and is replaced as well.
    /// </summary>
    internal bool Watch(IPodMemory memory, double baseRate, long nowNs, TimeSpan timeout, ReaderLeases leases)
    {
        lock (_gate)
        {
            if (memory.Control is not { } word)
                return false;
            _isSettled = false;
            DropEnded(leases);
            if (_holder is not null && word.Term == _term && word.Sequence != _sequence)
                (_sequence, _movedNs) = (word.Sequence, nowNs);
            if (nowNs - _movedNs < timeout.Ticks * 100)
                return false;
            _holder = null;
            _isSettled = true;
            if (word == _base)
                return false;
            _base = Store(memory, baseRate, 0);
            _movedNs = nowNs; // whoever goes on writing costs a store each time-out, not each look
            return true;
        }
    }

    /// <summary>Gives the pod free when its holder has gone; its rate stands until the watch finds it still.</summary>
    internal void Leave(object session)
    {
        lock (_gate)
            if (ReferenceEquals(_holder, session))
                _holder = null;
    }

    private bool TryTake(object holder, string name, ReaderLeases leases)
    {
        DropEnded(leases);
        if (_holder is not null)
            return ReferenceEquals(_holder, holder);
        (_holder, _holderName, _isSettled) = (holder, name, false);
        _term = (ushort)(_term % ushort.MaxValue + 1); // 0 is the agent
        return true;
    }

    private void DropEnded(ReaderLeases leases)
    {
        if (_holder is ReaderLease lease && !leases.IsOpen(lease))
            _holder = null;
    }

    private ControlWord Store(IPodMemory memory, double rate, ushort term)
    {
        _sequence = (ushort)((memory.Control?.Sequence ?? 0) + 1);
        var word = ControlWord.Create(rate, term, _sequence);
        memory.Control = word;
        return word;
    }
}

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
    private ushort _term;
    private ushort _sequence;
    private long _movedNs = long.MinValue;

    /// <summary>Stores the base rate when the pod is admitted: what stands in the object may be an earlier agent's.</summary>
    internal void Begin(IPodMemory memory, double baseRate)
    {
        lock (_gate)
            Store(memory, baseRate, 0);
    }

    /// <summary>Stores a collector's rate; null, or who holds the pod instead.</summary>
    internal string? Set(IPodMemory memory, object session, string name, double rate, long nowNs, ReaderLeases leases)
    {
        lock (_gate)
        {
            if (_holder is ReaderLease former && !leases.IsOpen(former))
                _holder = null;
            if (_holder is not null && !ReferenceEquals(_holder, session))
                return _holderName;
            if (_holder is null)
            {
                (_holder, _holderName) = (session, name);
                _term = (ushort)(_term % ushort.MaxValue + 1); // 0 is the agent
            }
            Store(memory, rate, _term);
            _movedNs = nowNs;
            return null;
        }
    }

    /// <summary>Grants the term to a lease that writes the word by RDMA; 0 with who holds the pod instead. It has the time-out to begin.</summary>
    internal (ushort Term, string? Holder) Grant(ReaderLease lease, string name, long nowNs, ReaderLeases leases)
    {
        lock (_gate)
        {
            if (_holder is ReaderLease former && !leases.IsOpen(former))
                _holder = null;
            if (_holder is not null && !ReferenceEquals(_holder, lease))
                return (0, _holderName);
            if (_holder is null)
            {
                (_holder, _holderName, _movedNs) = (lease, name, nowNs);
                _term = (ushort)(_term % ushort.MaxValue + 1); // 0 is the agent
            }
            return (_term, null);
        }
    }

    /// <summary>Puts the base rate back when the word's sequence has stood still too long; true when it did.</summary>
    internal bool Watch(IPodMemory memory, double baseRate, long nowNs, TimeSpan timeout)
    {
        lock (_gate)
        {
            if (memory.Control is not { } word)
                return false;
            // Written by RDMA. A word of any other term is a former holder's, or forged, and keeps nothing alive.
            if (word.Sequence != _sequence && word.Term == _term && _holder is not null)
                (_sequence, _movedNs) = (word.Sequence, nowNs);
            if ((word.Term == 0 && _holder is null) || nowNs - _movedNs < timeout.Ticks * 100)
                return false;
            _holder = null;
            Store(memory, baseRate, 0);
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

    private void Store(IPodMemory memory, double rate, ushort term)
    {
        _sequence = (ushort)((memory.Control?.Sequence ?? 0) + 1);
        memory.Control = ControlWord.Create(rate, term, _sequence);
    }
}

using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// The trace sampling rate that one pod's control word is to hold, where the LMAP writes it by RDMA. Set by the rates' keeper, taken by the LMAP's thread:
/// one aligned word between them, no lock.
/// </summary>
internal sealed class RateWord
{
    private const long RenewNs = 400_000_000; // the agent wants one a second, and a look at the pods may come only each half

    private ulong _wanted; // rate and term as in a control word, its sequence 0; 0: nothing is to be written, since no term is
    private ulong _written;
    private long _writtenNs = long.MinValue;
    private ushort _sequence;

    /// <summary>The rate that is to be written, with the agent's term.</summary>
    public void Set(double rate, ushort term) => Volatile.Write(ref _wanted, ControlWord.Create(rate, term, 0).Bits);

    /// <summary>Changes the rate where there is a term.</summary>
    public void Change(double rate)
    {
        if (new ControlWord(Volatile.Read(ref _wanted)) is { Term: not 0 and var term })
            Set(rate, term);
    }

    /// <summary>Nothing is to be written any more; the agent puts the base rate back.</summary>
    public void Clear() => Volatile.Write(ref _wanted, 0);

    /// <summary>The word to write now, if one is due: it has changed, or must be renewed. For the LMAP's thread.</summary>
    public bool TryNext(long nowNs, out ControlWord word)
    {
        word = default;
        var wanted = Volatile.Read(ref _wanted);
        if (wanted == 0 || (wanted == _written && nowNs - _writtenNs < RenewNs))
            return false;
        (_written, _writtenNs) = (wanted, nowNs);
        word = new(wanted | (ulong)++_sequence << 48);
        return true;
    }
}

using System.Buffers.Binary;

namespace MicroView.Collector;

/// <summary>The WRITEs of control words behind a pass's READs: those that are due. For the LMAP's thread.</summary>
internal sealed class ControlWrites(SendQueue queue)
{
    private readonly List<VerbsSource> _posted = [];
    private int _first;

    /// <summary>Writes the requests of the words that are due behind the plan's READs; how many.</summary>
    public int Compose(ReadPlan plan, long nowNs)
    {
        _posted.Clear();
        _first = plan.Reads;
        foreach (var (pod, source) in plan.Writable)
        {
            if ((source.WordFault.IsSet && source.WordFault.RetryNs > nowNs) || !pod.Rate.TryNext(nowNs, out var word))
                continue;
            var (at, from, control) = (_first + _posted.Count, source.Word, source.Control!);
            BinaryPrimitives.WriteUInt64LittleEndian(from.Span, word.Bits);
            queue.SetWrite(at, plan.IdOf(at), from.Address, from.LocalKey, from.Length, control.Address, control.Key);
            queue.SetSignaled(at, at % ReadPlan.SignalPeriod == ReadPlan.SignalPeriod - 1);
            _posted.Add(source);
        }
        if (_posted.Count > 0)
            queue.SetSignaled(_first + _posted.Count - 1, true);
        return _posted.Count;
    }

    /// <summary>Whose word a request writes.</summary>
    public VerbsSource SourceOf(int request) => _posted[request - _first];

    /// <summary>The agent's machine refuses a word: it is left alone for a while.</summary>
    public void Refuse(int request, long nowNs) => SourceOf(request).WordFault.Set(nowNs);

    /// <summary>All that was composed is written.</summary>
    public void Finish()
    {
        foreach (var source in _posted)
            if (source.WordFault.IsSet)
                source.WordFault.Clear();
    }
}

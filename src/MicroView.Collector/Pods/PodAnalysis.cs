using MicroView.Analysis;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// A pod's analyzer with the names of its features. A pod that grows while it is watched goes on being watched by what it had, and a
/// successor with all features takes over once it has learned. For one thread, the LMAP's, from the first row on.
/// </summary>
internal sealed class PodAnalysis
{
    private readonly AnalyzerOptions _options;
    private readonly PodLayout _layout;
    private readonly PodStarts _starts;
    private PodAnalyzer _analyzer;
    private IReadOnlyList<string> _names;
    private PodAnalyzer? _successor;
    private IReadOnlyList<string> _successorNames = [];
    private readonly Attribution[] _top = new Attribution[AlarmEvent.MaxAttributions];

    private PodAnalysis(PodLayout layout, PodSchema schema, AnalyzerOptions options, PodStarts starts, PodKnowledge? start)
    {
        (_layout, _options, _starts) = (layout, options, starts);
        _analyzer = Analyzer(schema, start);
        _names = schema.FeatureNames;
    }

    /// <summary>Null when the schema has nothing to analyse, or the pod no model to be analysed by.</summary>
    public static PodAnalysis? Create(PodLayout layout, PodSchema schema, AnalyzerOptions options, PodStarts starts) =>
        schema.Map is not null && starts.TryFind(layout, schema, out var start) ? new(layout, schema, options, starts, start) : null;

    public PodState State => _analyzer.State;

    /// <summary>Whether it is watched by what its siblings learnt.</summary>
    public bool IsWarm => _analyzer.IsWarm;

    public bool AlarmOpen => _analyzer.AlarmOpen;

    public double Progress => _analyzer.Progress;

    public double RemainingSeconds => _analyzer.RemainingSeconds;

    public int FeatureCount => _analyzer.Map.Count;

    /// <summary>Takes a newer schema of the same pod.</summary>
    public void Adopt(PodSchema schema)
    {
        if (!schema.Outgrows((_successor ?? _analyzer).Map) || !_starts.TryFind(_layout, schema, out var start))
            return;
        if (_analyzer.State == PodState.Watching)
        {
            _successor = Analyzer(schema, start);
            _successorNames = schema.FeatureNames;
            return;
        }
        _analyzer.Extend(schema.Map!, start);
        _analyzer.Learnt = _starts.TakerOf(_layout, schema);
        _names = schema.FeatureNames;
    }

    public Observation Observe(ReadOnlySpan<double> row, long timeNs)
    {
        if (_successor is not null)
            Prepare(_successor, row, timeNs);
        return _analyzer.Observe(row, timeNs);
    }

    /// <summary><see cref="PodAnalyzer.MemoryMark"/>.</summary>
    public nint MemoryMark => _analyzer.MemoryMark;

    /// <summary>Adds what a row touches.</summary>
    public void AddTo(WorkingSet set)
    {
        set.Add(this, 96);
        _analyzer.AddTo(set);
    }

    /// <summary>Ends an open alarm without a word and forgets the rows that led to it; what was learned stays.</summary>
    public void DropAlarm() => _analyzer.DropAlarm();

    /// <summary>What explains the last row; allocates, so only for alarms.</summary>
    public AttributionShare[] Explain()
    {
        var count = _analyzer.Attribute(_top);
        var shares = new AttributionShare[count];
        for (var i = 0; i < count; i++)
            shares[i] = new(_names[_top[i].Feature], _top[i].Share);
        return shares;
    }

    private PodAnalyzer Analyzer(PodSchema schema, PodKnowledge? start) =>
        new(schema.Map!, _options, start) { Learnt = _starts.TakerOf(_layout, schema) };

    /// <summary>An alarm that is open is brought to its end by the analyzer that opened it.</summary>
    private void Prepare(PodAnalyzer successor, ReadOnlySpan<double> row, long timeNs)
    {
        if (successor.State != PodState.Watching)
        {
            _ = successor.Observe(row, timeNs);
            return;
        }
        if (_analyzer.AlarmOpen)
            return;
        (_analyzer, _names, _successor) = (successor, _successorNames, null);
    }
}

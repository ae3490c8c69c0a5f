using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>
/// A service's history through the code that runs live, with the settings of `microview up`: the first part is learnt from, the rest judged row by row.
/// </summary>
internal sealed class ServiceReplay
{
    /// <summary>Fewer rows to learn from say nothing; as live.</summary>
    public const int FewestRows = 60;

    private const long BaselineNs = 30_000_000_000;
    private const int TimelineParts = 720;
    private const int TopMetrics = 3;

    private readonly string _service;
    private readonly SeriesRows _rows;
    private readonly int _first;
    private readonly PodAnalyzer _analyzer;
    private readonly List<BacktestAlarm> _alarms = [];
    private readonly float[] _timeline = new float[TimelineParts];
    private BacktestAlarm? _open;
    private long _samples, _kept, _lastKeptNs = long.MinValue / 2;

    private ServiceReplay(string service, SeriesRows rows, int first, AnalyzerOptions options)
    {
        (_service, _rows, _first) = (service, rows, first);
        _analyzer = new PodAnalyzer(new FeatureMap([.. Enumerable.Range(0, rows.Width).Select(slot => Feature.Value(slot))]),
            options with { MinRows = first, MinSeconds = 0 });
        Array.Fill(_timeline, float.NaN);
    }

    /// <summary>Learns and judges.</summary>
    /// <param name="history">The service's history.</param>
    /// <param name="trainShare">Share of its rows to learn from, 0..1.</param>
    /// <param name="options">As live; how long to learn is decided here.</param>
    public static (BacktestService Service, IReadOnlyList<BacktestAlarm> Alarms) Run(ServiceHistory history, double trainShare, AnalyzerOptions options)
    {
        ArgumentNullException.ThrowIfNull(history);
        ArgumentNullException.ThrowIfNull(options);
        var first = (int)(history.Rows.Count * trainShare);
        if (history.Rows.Count == 0)
            return (new BacktestService { Service = history.Service, PassedOver = "it has no series with values" }, []);
        if (first < FewestRows || first >= history.Rows.Count)
            return (new BacktestService { Service = history.Service, PassedOver = $"{history.Rows.Count} rows are too few: it learns from {first} of them, {FewestRows} are needed" }, []);
        // What was never there while learning has no normal.
        int[] known = [.. Enumerable.Range(0, history.Rows.Width).Where(metric => IsKnown(history.Rows, metric, first))];
        var rows = known.Length == history.Rows.Width ? history.Rows : history.Rows.Select(known);
        if (known.Length == 0)
            return (new BacktestService { Service = history.Service, PassedOver = "no metric has values in the part to learn from" }, []);
        var replay = new ServiceReplay(history.Service, rows, first, options);
        replay.Learn();
        replay.Judge();
        return (replay.Summary(history.LeftOut + history.Rows.Width - known.Length), replay._alarms);
    }

    private static bool IsKnown(SeriesRows rows, int metric, int first)
    {
        var there = 0;
        for (var i = 0; i < first; i++)
            there += double.IsNaN(rows[i][metric]) ? 0 : 1;
        return there >= FewestRows / 2;
    }

    private void Learn()
    {
        for (var i = 0; i < _first; i++)
            _analyzer.Observe(_rows[i], _rows.Times[i]);
        _analyzer.FinishLearning();
    }

    private void Judge()
    {
        Span<Attribution> top = stackalloc Attribution[TopMetrics];
        var (from, until) = (_rows.Times[_first], _rows.Times[^1]);
        for (var i = _first; i < _rows.Count; i++)
        {
            var (time, seen) = (_rows.Times[i], _analyzer.Observe(_rows[i], _rows.Times[i]));
            var ratio = seen.Threshold > 0 ? seen.Score / seen.Threshold : 0;
            if (seen.Change == AlarmChange.Opened)
                _open = new BacktestAlarm(_service, CsvTime.Format(time), null, ratio, Shares(top[.._analyzer.Attribute(top)])) { StartNs = time, EndNs = until };
            else if (_open is not null && ratio > _open.Peak)
                _open = _open with { Peak = ratio };
            if (seen.Change == AlarmChange.Closed)
                Close(time);
            var part = until > from ? (int)Math.Min(TimelineParts - 1, (double)(time - from) / (until - from) * TimelineParts) : 0;
            _timeline[part] = float.IsNaN(_timeline[part]) ? (float)ratio : Math.Max(_timeline[part], (float)ratio);
            Keep(_rows[i], time, seen.AlarmOpen);
        }
        if (_open is not null)
            _alarms.Add(_open);
    }

    private void Close(long time)
    {
        if (_open is null)
            return;
        _alarms.Add(_open with { End = CsvTime.Format(time), EndNs = time });
        _open = null;
    }

    private void Keep(ReadOnlySpan<double> row, long time, bool alarm)
    {
        var values = 0;
        foreach (var value in row)
            values += double.IsNaN(value) ? 0 : 1;
        _samples += values;
        if (!alarm && time - _lastKeptNs < BaselineNs)
            return;
        _kept += values;
        _lastKeptNs = time;
    }

    private BacktestShare[] Shares(ReadOnlySpan<Attribution> top)
    {
        var shares = new BacktestShare[top.Length];
        for (var i = 0; i < shares.Length; i++)
            shares[i] = new BacktestShare(_rows.Metrics[top[i].Feature], Math.Round(top[i].Share, 4));
        return shares;
    }

    private BacktestService Summary(int leftOut)
    {
        // The last row stands for a step as well.
        var step = SeriesFile.UsualStep(_rows.Times);
        var days = (_rows.Times[^1] - _rows.Times[_first] + step) / 86_400e9;
        return new BacktestService
        {
            Service = _service,
            Metrics = _rows.Width,
            LeftOut = leftOut,
            Learnt = _first,
            Judged = _rows.Count - _first,
            Days = days,
            Alarms = _alarms.Count,
            FalsePerDay = _alarms.Count / days,
            Samples = _samples,
            Kept = _kept,
            Timeline = _timeline,
            FromNs = _rows.Times[_first],
            UntilNs = _rows.Times[^1],
        };
    }
}

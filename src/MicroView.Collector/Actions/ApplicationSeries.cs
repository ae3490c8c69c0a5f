using MicroView.Export;

namespace MicroView.Collector;

/// <summary>The series of applications, for an autoscaler that asks Prometheus. They come and go with the applications. For one caller at a time.</summary>
internal sealed class ApplicationSeries(ExpositionDocument document) : IDisposable
{
    private static readonly Metric[] s_metrics =
    [
        Gauge(0, "microview_application_pods", "Pods of an application."),
        Gauge(1, "microview_application_alarms", "Pods of an application whose alarm is open."),
        Gauge(2, "microview_application_score_ratio", "Largest score by threshold of an application's pods; over 1 a row is anomalous. Absent while all are learnt."),
        Gauge(3, "microview_application_trace_rate", "Trace sampling rate that is decided for an application, 0 to 1."),
    ];

    private readonly Dictionary<string, (Row Row, SeriesGroup Group)> _shown = new(StringComparer.Ordinal);

    /// <summary>Shows the applications of a view.</summary>
    public void Follow(ApplicationsView view)
    {
        foreach (var (application, state) in view.Applications)
        {
            if (!_shown.TryGetValue(application, out var shown))
            {
                var row = new Row();
                _shown[application] = shown = (row, document.Add([("application", application)], s_metrics, s_metrics.Length, row));
            }
            shown.Row.Show(state, view.Rates.Of(application));
        }
        foreach (var gone in _shown.Keys.Where(application => !view.Applications.ContainsKey(application)).ToArray())
        {
            _shown[gone].Group.Dispose();
            _shown.Remove(gone);
        }
    }

    public void Dispose()
    {
        foreach (var (_, group) in _shown.Values)
            group.Dispose();
        _shown.Clear();
    }

    private static Metric Gauge(int slot, string name, string help) => new() { Name = name, Type = MetricType.Gauge, Help = help, Slot = slot };

    private sealed class Row : IRowSource
    {
        private volatile double[] _values = [];

        public void Show(PodSetState state, double rate) =>
            _values = [state.Pods, state.Alarms, double.IsNaN(state.ScoreRatio) ? ExpositionDocument.Absent : state.ScoreRatio, rate];

        public bool TryRead(Span<double> row)
        {
            var values = _values;
            values.CopyTo(row);
            return values.Length > 0;
        }
    }
}

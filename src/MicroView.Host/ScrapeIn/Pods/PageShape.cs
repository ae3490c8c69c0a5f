using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>Which series of a target have which slots, and what is to be told of it to the agent. For one thread.</summary>
internal sealed class PageShape
{
    private readonly Dictionary<string, int> _cells = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PageHistogram> _byKey = new(StringComparer.Ordinal);
    private List<SlotDescriptor> _described = [];
    private List<int> _retired = [];

    /// <summary>Slots given away.</summary>
    internal int Slots { get; private set; }

    internal List<PageHistogram> Histograms { get; } = [];

    /// <summary>Descriptors since the last call.</summary>
    internal List<SlotDescriptor> TakeDescribed() => Interlocked.Exchange(ref _described, []);

    /// <summary>Slots whose histogram got others, since the last call.</summary>
    internal List<int> TakeRetired() => _retired.Count == 0 ? _retired : Interlocked.Exchange(ref _retired, []);

    /// <summary>Gives new series their slots and binds their text to them.</summary>
    /// <param name="found">The series.</param>
    /// <param name="cells">What the scrape has set so far.</param>
    /// <param name="limit">Slots that there may be.</param>
    /// <param name="table">Where texts are bound.</param>
    /// <param name="dropped">Counts what gets no slot.</param>
    /// <returns>Cells with their values.</returns>
    internal List<(int Cell, double Value)> Absorb(List<NewSeries> found, Span<double> cells, int limit, SeriesTable table, long[] dropped)
    {
        var absorbing = new Absorption(limit, table, dropped);
        var histograms = new Dictionary<string, List<NewSeries>>(StringComparer.Ordinal);
        foreach (var series in found)
        {
            if (series.Role is SampleRole.Counter or SampleRole.Gauge)
            {
                AddPlain(series, absorbing);
                continue;
            }
            if (!histograms.TryGetValue(series.Histogram, out var members))
                histograms.Add(series.Histogram, members = []);
            members.Add(series);
        }
        foreach (var (key, members) in histograms)
            if (_byKey.TryGetValue(key, out var known))
                Extend(key, known, members, cells, absorbing);
            else
                Create(key, members, absorbing);
        foreach (var key in _byKey.Where(entry => entry.Value.IsToBeReshaped).Select(entry => entry.Key).ToArray())
            Reshape(key, _byKey[key], [], cells, absorbing);
        return absorbing.Values;
    }

    internal void Clear()
    {
        _cells.Clear();
        _byKey.Clear();
        Histograms.Clear();
        (_described, _retired, Slots) = ([], [], 0);
    }

    private void AddPlain(NewSeries series, Absorption absorbing)
    {
        var identity = series.Identity;
        if (!_cells.TryGetValue(identity, out var cell))
        {
            var labels = series.Series.Labels;
            var descriptor = new SlotDescriptor
            {
                Name = series.Series.Name,
                Type = series.Role == SampleRole.Gauge ? MetricType.Gauge : MetricType.Counter,
                Labels = labels.Count == 0 ? null : labels,
                Help = series.Help,
                Unit = series.Unit,
            };
            if (!absorbing.HasRoom(Slots, 1, series) || !absorbing.IsValid(descriptor, series))
                return;
            cell = Slots++;
            _cells.Add(identity, cell);
            _described.Add(descriptor);
        }
        absorbing.Bind(series, cell);
    }

    private void Create(string key, List<NewSeries> members, Absorption absorbing)
    {
        var buckets = members.FindAll(series => series.Role == SampleRole.Bucket && absorbing.HasBound(series));
        if (buckets.Count == 0)
        {
            // Sum and count alone are two counters, as of a summary.
            foreach (var series in members.Where(series => series.Role != SampleRole.Bucket))
                AddPlain(series, absorbing);
            return;
        }
        double[] bounds = [.. buckets.Select(series => series.Bound).Where(double.IsFinite).Distinct().Order()];
        var first = members[0];
        var histogram = new PageHistogram(first.Family, first.LabelsOfHistogram(), bounds, Slots) { Help = first.Help, Unit = first.Unit };
        if (!TryDescribe(histogram, members, absorbing))
            return;
        _byKey.Add(key, histogram);
        Histograms.Add(histogram);
        foreach (var series in buckets)
            absorbing.Bind(series, histogram.CellOf(series.Bound));
        var told = buckets.Exists(series => double.IsPositiveInfinity(series.Bound));
        foreach (var series in members)
            if (series.Role == SampleRole.Sum)
                absorbing.Bind(series, histogram.SumCell);
            else if (series.Role == SampleRole.Count)
                absorbing.Bind(series, told ? SeriesTable.Ignored : histogram.OverflowCell); // what +Inf says already
    }

    private void Extend(string key, PageHistogram known, List<NewSeries> members, Span<double> cells, Absorption absorbing)
    {
        var unknown = new List<NewSeries>();
        foreach (var series in members)
        {
            if (series.Role != SampleRole.Bucket)
                absorbing.Bind(series, series.Role == SampleRole.Sum ? known.SumCell : SeriesTable.Ignored);
            else if (!absorbing.HasBound(series))
                continue;
            else if (known.CellOf(series.Bound) is >= 0 and var cell)
                absorbing.Bind(series, cell);
            else
                unknown.Add(series);
        }
        if (unknown.Count > 0)
            Reshape(key, known, unknown, cells, absorbing);
    }

    /// <summary>Other buckets than before: the histogram gets new slots, since a slot never changes its meaning.</summary>
    private void Reshape(string key, PageHistogram old, List<NewSeries> more, Span<double> cells, Absorption absorbing)
    {
        var kept = new List<double>();
        foreach (var bound in old.Bounds)
            if (!double.IsNaN(cells[old.CellOf(bound)]))
                kept.Add(bound);
        double[] bounds = [.. kept.Concat(more.Select(series => series.Bound)).Distinct().Order()];
        if (double.IsNaN(cells[old.OverflowCell]))
        {
            absorbing.Refuse(more); // without its whole count no row of it is complete
            return;
        }
        var next = new PageHistogram(old.Name, old.Labels, bounds, Slots) { Help = old.Help, Unit = old.Unit };
        if (!TryDescribe(next, more, absorbing))
            return;
        var moved = new int[old.Cells];
        moved.AsSpan().Fill(SeriesTable.Unbound);
        foreach (var bound in kept)
            moved[old.CellOf(bound) - old.FirstCell] = next.CellOf(bound);
        (moved[^2], moved[^1]) = (next.OverflowCell, next.SumCell);
        absorbing.Move(old, moved, cells);
        _retired.AddRange(Enumerable.Range(old.FirstCell, old.Cells));
        _byKey[key] = next;
        Histograms[Histograms.IndexOf(old)] = next;
        foreach (var series in more)
            absorbing.Bind(series, next.CellOf(series.Bound));
    }

    private bool TryDescribe(PageHistogram histogram, List<NewSeries> members, Absorption absorbing)
    {
        if (!absorbing.HasRoom(Slots, histogram.Cells, [.. members]))
            return false;
        SlotDescriptor[] slots = [.. histogram.Describe()];
        if (histogram.Bounds.Length >= PageHistogram.MaxBuckets)
            return absorbing.Refuse(members);
        if (!absorbing.IsValid(slots[0], [.. members]))
            return false;
        _described.AddRange(slots);
        Slots += slots.Length;
        return true;
    }
}

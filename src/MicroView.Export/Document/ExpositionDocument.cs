namespace MicroView.Export;

/// <summary>What the document did to what it was given; a snapshot.</summary>
/// <param name="Groups">Groups present.</param>
/// <param name="Families">Families in the stream.</param>
/// <param name="Series">Series in the stream.</param>
/// <param name="DuplicateSeries">Series that stand aside because another has their name, type and labels.</param>
/// <param name="RenamedFamilies">Families whose name Prometheus could not take.</param>
/// <param name="ConflictingFamilies">Families that got a suffix because their name was taken (by another type, or by sanitising).</param>
/// <param name="RejectedMetrics">Metrics refused since the document was made.</param>
/// <param name="FailedReads">Rows whose source threw, since the document was made.</param>
public readonly record struct ExpositionStatistics(
    int Groups, int Families, int Series, int DuplicateSeries, int RenamedFamilies, int ConflictingFamilies, long RejectedMetrics,
    long FailedReads);

/// <summary>
/// What an endpoint exposes: groups of series that join and leave, arranged as one stream of families for the writers
/// (<see cref="PrometheusTextWriter"/>, <see cref="OpenMetricsWriter"/>). Thread-safe behind one lock, held while a writer renders (a memory copy, about a millisecond
/// for 16,000 series) and never across I/O.
/// </summary>
/// <remarks>
/// Names. A valid name is exposed as registered. In an invalid one each forbidden character becomes <c>_</c>; when that meets a taken
/// name, the changed one gets a suffix made of its original. One name with two types: the type that joined first keeps the name, the other
/// is exposed as <c>name_type</c> (as is a histogram whose <c>_bucket</c>, <c>_sum</c>, <c>_count</c> or <c>_created</c> is taken). One series
/// twice: the one that joined first is exposed, and the second when the first has left. All of these are counted in
/// <see cref="Statistics"/>; nothing is merged.
/// </remarks>
public sealed class ExpositionDocument
{
    /// <summary>
    /// Bits of a value that is not there: the NaN that Prometheus itself uses as stale marker. A source puts it into a slot to leave one
    /// series out of a scrape. Any other NaN is exposed as NaN.
    /// </summary>
    public const long AbsentBits = 0x7ff0000000000002;

    /// <summary><see cref="AbsentBits"/> as a double. Copy it, do not calculate with it: arithmetic may change a NaN's bits.</summary>
    public static readonly double Absent = BitConverter.Int64BitsToDouble(AbsentBits);

    private readonly LinkedList<SeriesGroup> _groups = [];
    private readonly Dictionary<SeriesGroup, LinkedListNode<SeriesGroup>> _nodes = [];
    private FamilyStream? _stream;
    private long[] _values = [];
    private double[] _row = [];
    private long _rejected;
    private long _failedReads;
    private long _version;

    internal Lock Gate { get; } = new();

    /// <summary>Grows with each group that joins or leaves: what does not change while it stands still need not be looked at again.</summary>
    public long Version => Volatile.Read(ref _version);

    /// <summary>The groups present, in the order they joined.</summary>
    public SeriesGroup[] Groups
    {
        get
        {
            lock (Gate)
                return [.. _groups];
        }
    }

    internal ReadOnlySpan<long> Values => _values.AsSpan(0, _stream!.LineCount);

    /// <summary>The document as the next scrape will see it.</summary>
    public ExpositionStatistics Statistics
    {
        get
        {
            lock (Gate)
            {
                var stream = Layout();
                return new(_groups.Count, stream.Families.Length, stream.SeriesCount, stream.Duplicates, stream.Renamed, stream.Conflicts,
                    _rejected, _failedReads);
            }
        }
    }

    /// <summary>
    /// Lets a group join. A metric that cannot be exposed (limits, slot outside the row, malformed buckets or labels) is left out,
    /// counted and told in <see cref="SeriesGroup.Rejected"/>; the others are taken.
    /// </summary>
    /// <param name="labels">Labels of every series of the group, such as pod and service.</param>
    /// <param name="metrics">The metrics; copied.</param>
    /// <param name="rowLength">Slots of the row that <paramref name="source"/> fills.</param>
    /// <param name="source">Called once per scrape.</param>
    /// <exception cref="ArgumentException">The group's own labels break a limit.</exception>
    public SeriesGroup Add(IReadOnlyList<Label> labels, IReadOnlyList<Metric> metrics, int rowLength, IRowSource source)
    {
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(metrics);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNegative(rowLength);
        var (series, rejected) = Check(labels, metrics, rowLength);
        var group = new SeriesGroup(this, source, rowLength, series, rejected);
        lock (Gate)
        {
            _nodes.Add(group, _groups.AddLast(group));
            _rejected += rejected.Length;
            Change();
        }
        return group;
    }

    internal void Remove(SeriesGroup group)
    {
        lock (Gate)
        {
            if (!_nodes.Remove(group, out var node)) return;
            _groups.Remove(node);
            Change();
        }
    }

    private void Change()
    {
        _stream = null;
        Volatile.Write(ref _version, _version + 1);
    }

    /// <summary>Brings layout and values up to date. The caller holds <see cref="Gate"/>.</summary>
    internal FamilyStream Collect()
    {
        var stream = Layout();
        var values = _values.AsSpan(0, stream.LineCount);
        for (var node = _groups.First; node is not null; node = node.Next)
        {
            var group = node.Value;
            if (_row.Length < group.RowLength) _row = new double[group.RowLength];
            try
            {
                group.Collect(_row.AsSpan(0, group.RowLength), values);
            }
#pragma warning disable CA1031 // One group's broken source must not take the others' values away.
            catch (Exception)
#pragma warning restore CA1031
            {
                _failedReads++;
                group.MarkAbsent(values);
            }
        }
        return stream;
    }

    internal FamilyStream Layout()
    {
        if (_stream is { } current) return current;
        var stream = FamilyStream.Build(_groups);
        // Grows with room to spare, and is given back after a large group has left.
        if (_values.Length < stream.LineCount || _values.Length / 4 > stream.LineCount)
            _values = new long[stream.LineCount + stream.LineCount / 4];
        return _stream = stream;
    }

    private static (Series[] Series, string[] Rejected) Check(IReadOnlyList<Label> labels, IReadOnlyList<Metric> metrics, int rowLength)
    {
        SeriesLabels shared;
        try
        {
            shared = LabelText.Render(labels, [], histogram: false);
        }
        catch (ArgumentException problem)
        {
            throw new ArgumentException($"The group {problem.Message}.", nameof(labels), problem);
        }
        var series = new List<Series>(metrics.Count);
        var rejected = new List<string>();
        foreach (var metric in metrics)
        {
            try
            {
                series.Add(Series.Create(metric, labels, shared, rowLength));
            }
            catch (ArgumentException problem)
            {
                var name = metric.Name ?? "";
                rejected.Add($"metric '{(name.Length > 64 ? name[..64] + "…" : name)}' {problem.Message}");
            }
        }
        return ([.. series], [.. rejected]);
    }
}

namespace MicroView.Export;

/// <summary>
/// The stream of families that every format writes: families by name, series in the order their groups joined, numbered lines. Built
/// anew, from nothing but the groups present, after each join or leave; so nothing of a group outlives it.
/// </summary>
internal sealed class FamilyStream
{
    private readonly Dictionary<(string, MetricType), Family> _byKey = [];

    private FamilyStream()
    {
    }

    public Family[] Families { get; private set; } = [];

    public int LineCount { get; private set; }

    public int SeriesCount { get; private set; }

    public int Duplicates { get; private set; }

    public int Renamed { get; private set; }

    public int Conflicts { get; private set; }

    public static FamilyStream Build(IReadOnlyCollection<SeriesGroup> groups)
    {
        var stream = new FamilyStream();
        var joined = new List<Family>();
        foreach (var group in groups)
            foreach (var series in group.Series)
                stream.Place(series, joined);
        stream.ClaimNames(joined);
        joined.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        stream.Families = [.. joined];
        stream.NumberLines();
        foreach (var group in groups) group.CompilePlan();
        return stream;
    }

    private void Place(Series series, List<Family> joined)
    {
        var key = (series.Metric.Name, series.Metric.Type);
        if (!_byKey.TryGetValue(key, out var family))
        {
            _byKey.Add(key, family = new Family(series.Metric.Name, series.Metric.Type));
            joined.Add(family);
        }
        series.FirstLine = -1;
        var isFirst = family.TryAdd(series);
        series.Family = isFirst ? family : null;
        if (isFirst) SeriesCount++;
        else Duplicates++;
    }

    /// <summary>Valid names come first, so that one is never taken away by another that had to be changed.</summary>
    private void ClaimNames(List<Family> joined)
    {
        var taken = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var family in joined.Where(f => MetricNames.IsValidMetric(f.Original))) Claim(family, family.Original, taken);
        foreach (var family in joined.Where(f => f.Name.Length == 0))
        {
            Claim(family, MetricNames.SanitizeMetric(family.Original), taken);
            Renamed++;
        }
    }

    private void Claim(Family family, string name, Dictionary<string, string> taken)
    {
        if (family.SampleNames(name).FirstOrDefault(taken.ContainsKey) is { } clash)
        {
            Conflicts++;
            // A name as registered is told apart by its type, names that became the same by what they were.
            name += taken[clash] == family.Original || name == family.Original
                ? "_" + TypeWord(family.Type)
                : "_" + MetricNames.Fingerprint(family.Original);
        }
        while (family.SampleNames(name).Any(taken.ContainsKey)) name += "_" + MetricNames.Fingerprint(family.Original);
        foreach (var sample in family.SampleNames(name)) taken.Add(sample, family.Original);
        family.Name = name;
    }

    internal static string TypeWord(MetricType type) => type switch
    {
        MetricType.Counter => "counter",
        MetricType.Gauge => "gauge",
        MetricType.Histogram => "histogram",
        _ => "untyped",
    };

    private void NumberLines()
    {
        foreach (var family in Families)
        {
            family.FirstLine = LineCount;
            foreach (var series in family.Series)
            {
                series.FirstLine = LineCount;
                LineCount += series.LineCount;
            }
            family.EndLine = LineCount;
        }
    }
}

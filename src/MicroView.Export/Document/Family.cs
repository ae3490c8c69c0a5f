namespace MicroView.Export;

/// <summary>One family of the stream: every series of one name and type, of whatever group, under one HELP and TYPE.</summary>
internal sealed class Family(string original, MetricType type)
{
    private readonly HashSet<string> _labels = new(StringComparer.Ordinal);

    public string Original { get; } = original;

    public MetricType Type { get; } = type;

    /// <summary>Exposed name, unique in the stream.</summary>
    public string Name { get; set; } = "";

    public string Help { get; private set; } = "";

    /// <summary>The help as every format shows it: not longer than the limit.</summary>
    public string ShownHelp => Help.Length <= ExpositionLimits.HelpLength ? Help : Help[..ExpositionLimits.HelpLength] + "…";

    public string Unit { get; private set; } = "";

    public List<Series> Series { get; } = [];

    public int FirstLine { get; set; }

    public int EndLine { get; set; }

    /// <summary>False when a series with the same labels is already here.</summary>
    public bool TryAdd(Series series)
    {
        if (!_labels.Add(series.Labels)) return false;
        if (Help.Length == 0) Help = series.Metric.Help;
        if (Unit.Length == 0) Unit = series.Metric.Unit;
        Series.Add(series);
        return true;
    }

    /// <summary>Every sample name that a family called <paramref name="name"/> takes for itself.</summary>
    public IEnumerable<string> SampleNames(string name) =>
        Type == MetricType.Histogram ? [name, name + "_bucket", name + "_sum", name + "_count", name + "_created"] : [name];
}

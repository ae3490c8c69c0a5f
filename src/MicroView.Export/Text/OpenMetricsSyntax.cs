using System.Buffers;
using System.Globalization;
using System.Text;

namespace MicroView.Export;

/// <summary>
/// OpenMetrics 1.0 (github.com/OpenObservability/OpenMetrics). Samples carry the names that they have in text 0.0.4; what differs is the family: that of a counter <c>x_total</c>
/// is called <c>x</c>. A counter that cannot be one here, because its name does not end in <c>_total</c> or the shorter name is another family's, is a family of type
/// <c>unknown</c> under its whole name, as Prometheus' own libraries do it.
/// </summary>
internal sealed class OpenMetricsSyntax : IExpositionSyntax
{
    private const string Total = "_total", Created = "_created";

    private readonly HashSet<Family> _counters = [];

    public ReadOnlySpan<byte> Ending => "# EOF\n"u8;

    public void Begin(FamilyStream stream)
    {
        _counters.Clear();
        var taken = stream.Families.SelectMany(family => family.SampleNames(family.Name)).ToHashSet(StringComparer.Ordinal);
        foreach (var family in stream.Families)
        {
            if (family.Type != MetricType.Counter || !family.Name.EndsWith(Total, StringComparison.Ordinal) || family.Name.Length == Total.Length)
                continue;
            var name = ShortName(family);
            // Families and samples share one set of names; the sample itself is in it already.
            if (taken.Contains(name) || taken.Contains(name + Created))
                continue;
            taken.Add(name);
            taken.Add(name + Created);
            _counters.Add(family);
        }
    }

    public void Header(Family family, ArrayBufferWriter<byte> output)
    {
        var name = NameOf(family);
        Encoding.UTF8.GetBytes($"# TYPE {name} {TypeOf(family)}\n", output);
        // A unit that is not the name's ending is none here.
        if (family.Unit.Length > 0 && name.EndsWith("_" + family.Unit, StringComparison.Ordinal))
            Encoding.UTF8.GetBytes($"# UNIT {name} {family.Unit}\n", output);
        if (family.ShownHelp is not { Length: > 0 } help)
            return;
        var text = new StringBuilder();
        LabelText.Escape(help, text, quotes: true);
        Encoding.UTF8.GetBytes($"# HELP {name} {text}\n", output);
    }

    public void Lead(Family family, Series series, int line, ArrayBufferWriter<byte> output) => SampleLead.Write(family, series, line, output);

    public void Tail(Family family, Series series, ArrayBufferWriter<byte> output)
    {
        if (series.Metric.Created is not { } created || !_counters.Contains(family))
            return;
        SampleLead.Put(ShortName(family) + Created, output);
        SampleLead.PutLabels(series.Labels, output);
        SampleLead.Put((created.ToUnixTimeMilliseconds() / 1e3).ToString("0.000", CultureInfo.InvariantCulture) + "\n", output);
    }

    private string NameOf(Family family) => _counters.Contains(family) ? ShortName(family) : family.Name;

    private string TypeOf(Family family) => family.Type switch
    {
        MetricType.Counter => _counters.Contains(family) ? "counter" : "unknown",
        MetricType.Gauge => "gauge",
        MetricType.Histogram => "histogram",
        _ => "unknown",
    };

    private static string ShortName(Family family) => family.Name[..^Total.Length];
}

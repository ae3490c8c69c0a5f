using System.Text;

namespace MicroView.Host;

/// <summary>A series that a scrape brought for the first time; what it becomes is decided when the scrape is whole.</summary>
internal sealed record NewSeries(byte[] Text, int Entry, SeriesText Series, SampleRole Role, string Family, string? Help, string? Unit, double Value)
{
    /// <summary>Tells two series apart, however they are spelt.</summary>
    internal string Identity => Key(Series.Name, Series.Labels, withBound: true);

    /// <summary>Of a histogram's series: the histogram.</summary>
    internal string Histogram => Key(Family, Series.Labels, withBound: false);

    /// <summary>Upper bound of a bucket; NaN when le is no number.</summary>
    internal double Bound => Series.Labels.TryGetValue("le", out var le) && SampleValue.TryParse(Encoding.UTF8.GetBytes(le), out var bound) ? bound : double.NaN;

    /// <summary>Labels without a bucket's bound.</summary>
    internal SortedDictionary<string, string> LabelsOfHistogram()
    {
        var labels = new SortedDictionary<string, string>(Series.Labels, StringComparer.Ordinal);
        labels.Remove("le");
        return labels;
    }

    internal static string Key(string name, SortedDictionary<string, string> labels, bool withBound)
    {
        var key = new StringBuilder(name);
        foreach (var (label, value) in labels)
            if (withBound || label != "le")
                key.Append('\0').Append(label).Append('\0').Append(value);
        return key.ToString();
    }
}

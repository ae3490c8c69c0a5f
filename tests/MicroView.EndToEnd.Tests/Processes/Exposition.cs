using System.Globalization;

namespace MicroView.EndToEnd.Tests;

/// <summary>A scrape in the Prometheus text format.</summary>
internal sealed class Exposition
{
    private readonly Dictionary<string, double> _series = new(StringComparer.Ordinal);

    public Exposition(string text)
    {
        Text = text;
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] == '#')
                continue;
            var at = line.LastIndexOf(' ');
            var value = line[(at + 1)..] switch { "+Inf" => double.PositiveInfinity, "-Inf" => double.NegativeInfinity, var number => double.Parse(number, CultureInfo.InvariantCulture) };
            _series.Add(line[..at], value); // a series that comes twice is a defect
        }
    }

    public string Text { get; }

    public IEnumerable<string> Names => _series.Keys;

    public double this[string series] => _series.TryGetValue(series, out var value) ? value : double.NaN;

    public bool Has(string series) => _series.ContainsKey(series);

    /// <summary>Every series of a pod.</summary>
    public string[] OfPod(string pod) => [.. _series.Keys.Where(name => name.Contains($"pod=\"{pod}\"", StringComparison.Ordinal))];

    /// <summary>The one series of a metric of a pod; NaN when there is none.</summary>
    public double Of(string metric, string pod)
    {
        var found = OfPod(pod).Where(name => name.StartsWith(metric + "{", StringComparison.Ordinal)).ToArray();
        return found.Length == 1 ? _series[found[0]] : double.NaN;
    }
}

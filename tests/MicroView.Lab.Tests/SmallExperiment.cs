using System.Globalization;

namespace MicroView.Lab.Tests;

/// <summary>
/// An experiment in the artifact's layout: two services of six metrics that move together, a row every 10 s, faults in the second half that
/// break the motion of two metrics.
/// </summary>
internal static class SmallExperiment
{
    public const int Rows = 400;

    private static readonly DateTime Start = new(2024, 5, 1, 10, 0, 0, DateTimeKind.Utc);

    public static string Time(int row) => Start.AddSeconds(10 * row).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    /// <summary>Writes metrics/SERVICE/data.csv and faults.csv; returns the folder.</summary>
    public static string WriteCollected(Scratch scratch, params (string Service, int First, int Last)[] faults)
    {
        foreach (var (service, seed) in new[] { ("cart", 1), ("front", 2) })
        {
            var random = new Random(seed);
            var own = faults.Where(fault => fault.Service == service).ToArray();
            scratch.Write($"e/metrics/{service}/data.csv",
                ["timestamp,value_0,value_1,value_2,value_3,value_4,value_5", .. Enumerable.Range(0, Rows).Select(i => Row(i, random, own.Any(fault => i >= fault.First && i <= fault.Last)))]);
        }
        scratch.Write("e/faults.csv", ["start,end,service", .. faults.Select(fault => $"{Time(fault.First)},{Time(fault.Last)},{fault.Service}")]);
        return scratch.Path("e");
    }

    private static string Row(int i, Random random, bool faulty)
    {
        var load = 5 + 2 * Math.Sin(i / 7.0);
        double[] values = [.. Enumerable.Range(1, 6).Select(k => k * load + random.NextDouble())];
        if (faulty)
            (values[1], values[4]) = (values[1] + 40, values[4] - 40);
        return $"{Time(i)},{string.Join(',', values.Select(value => value.ToString("R", CultureInfo.InvariantCulture)))}";
    }
}

namespace MicroView.Lab;

/// <summary>Statistics of one LMAP, as `nic` and the artifact write them: <c>stats_LMAP_i.csv</c>.</summary>
internal static class StatisticsFile
{
    public static string Name(int lmap) => $"stats_LMAP_{lmap}.csv";

    /// <summary>Scrapes per second of each stretch, without those that begin before <paramref name="warmUp"/> seconds and a last one that is too short to say much.</summary>
    public static double[] Rates(string path, double warmUp)
    {
        using var table = CsvTable.Open(path);
        var (scrapes, seconds) = (table.Column("num_scrapes"), table.Column("time_total"));
        var rows = new List<(double Begin, double Scrapes, double Seconds)>();
        for (var begin = 0.0; table.Read(); begin += rows[^1].Seconds)
            rows.Add((begin, table.Number(scrapes), table.Number(seconds)));
        if (rows.Count == 0)
            return [];
        var usual = rows.Max(row => row.Seconds);
        var counted = rows.Where(row => row.Begin >= warmUp - 0.05 * usual && row.Seconds >= 0.5 * usual).ToArray();
        return [.. counted.Select(row => row.Scrapes / row.Seconds)];
    }
}

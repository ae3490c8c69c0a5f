namespace MicroView.Lab;

/// <summary>Statistics of one LMAP, as `nic` and the artifact write them: <c>stats_LMAP_i.csv</c>.</summary>
internal static class StatisticsFile
{
    public static string Name(int lmap) => $"stats_LMAP_{lmap}.csv";

    /// <summary>Scrapes per second of each stretch, without those that begin before <paramref name="warmUp"/> seconds and a last one that is too short to say much.</summary>
    public static double[] Rates(string path, double warmUp)
    {
        var rows = Read(path);
        var (usual, begin) = (rows.Select(row => row.Seconds).DefaultIfEmpty().Max(), 0.0);
        var rates = new List<double>();
        foreach (var row in rows)
        {
            if (begin >= warmUp - 0.05 * usual)
                rates.Add(row.Scrapes / row.Seconds);
            begin += row.Seconds;
        }
        return [.. rates];
    }

    /// <summary>Scrapes per second of the last <paramref name="count"/> stretches, a last one that is too short left out.</summary>
    public static double[] LastRates(string path, int count) => [.. Read(path).TakeLast(count).Select(row => row.Scrapes / row.Seconds)];

    private static List<(double Scrapes, double Seconds)> Read(string path)
    {
        using var table = CsvTable.Open(path);
        var (scrapes, seconds) = (table.Column("num_scrapes"), table.Column("time_total"));
        var rows = new List<(double Scrapes, double Seconds)>();
        while (table.Read())
            rows.Add((table.Number(scrapes), table.Number(seconds)));
        // The collector stops within a stretch.
        if (rows.Count > 1 && rows[^1].Seconds < 0.5 * rows.Max(row => row.Seconds))
            rows.RemoveAt(rows.Count - 1);
        return rows;
    }
}

namespace MicroView.Lab;

/// <summary>What all readers of rows hold to: times that advance, and a word about holes.</summary>
internal static class SeriesFile
{
    // A hole is a step of more than this many usual ones.
    private const int HoleSteps = 5;

    /// <summary>Appends the table's current row; its time must be later than the row before.</summary>
    public static void Append(CsvTable table, int time, ReadOnlySpan<int> columns, SeriesRows rows)
    {
        var at = table.Time(time);
        if (rows.Count > 0 && at <= rows.Times[^1])
            throw table.Error(at == rows.Times[^1]
                ? $"time {CsvTime.Format(at)} stands twice"
                : $"time {CsvTime.Format(at)} is earlier than the row before, {CsvTime.Format(rows.Times[^1])}: sort the rows by time");
        var row = rows.Append(at);
        for (var i = 0; i < columns.Length; i++)
            row[i] = table.Number(columns[i]);
    }

    /// <summary>One line per hole, at most three, and their number.</summary>
    public static void WarnOfHoles(string file, SeriesRows rows, Action<string> warn)
    {
        var step = UsualStep(rows.Times);
        var holes = 0;
        for (var i = 1; i < rows.Count; i++)
        {
            if (rows.Times[i] - rows.Times[i - 1] <= HoleSteps * step)
                continue;
            if (++holes <= 3)
                warn($"{file}: no rows from {CsvTime.Format(rows.Times[i - 1])} to {CsvTime.Format(rows.Times[i])} (row {i + 1}; usual step {Duration(step)})");
        }
        if (holes > 3)
            warn($"{file}: {holes - 3} more holes");
    }

    /// <summary>Median time between rows, nanoseconds; 1 s for fewer than two rows.</summary>
    public static long UsualStep(ReadOnlySpan<long> times)
    {
        if (times.Length < 2)
            return 1_000_000_000;
        var steps = new long[times.Length - 1];
        for (var i = 0; i < steps.Length; i++)
            steps[i] = Math.Max(1, times[i + 1] - times[i]);
        Array.Sort(steps);
        return steps[steps.Length / 2];
    }

    /// <summary>A time span for people: 100 ms, 15 s, 1 h.</summary>
    public static string Duration(long ns) => ns switch
    {
        < 1_000_000_000 => FormattableString.Invariant($"{ns / 1e6:0.##} ms"),
        < 120_000_000_000 => FormattableString.Invariant($"{ns / 1e9:0.##} s"),
        < 7_200_000_000_000 => FormattableString.Invariant($"{ns / 60e9:0.#} min"),
        _ => FormattableString.Invariant($"{ns / 3600e9:0.#} h"),
    };
}

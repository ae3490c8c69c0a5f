using System.Globalization;

namespace MicroView.Lab;

/// <summary>
/// A plain numeric matrix as others publish data sets: a row per time step, a column per metric, with or without a header and a column
/// of times.
/// </summary>
internal static class MatrixFile
{
    /// <summary>Names that make a column one of times.</summary>
    internal static readonly string[] TimeNames = ["timestamp", "time", "datetime", "date", "ts", "time_stamp"];

    /// <summary>Reads a file.</summary>
    /// <param name="file">Path; .gz is unpacked.</param>
    /// <param name="timeColumn">Name or number (from 1) of the column of times; null to find one, "none" for none.</param>
    /// <param name="drop">Names or numbers of columns to leave out (labels, indices).</param>
    /// <param name="intervalNs">Time between rows where the file has none.</param>
    /// <exception cref="DataException">The file is missing, empty, ragged, has text for a number, or times that do not advance.</exception>
    public static Matrix Read(string file, string? timeColumn, IReadOnlyCollection<string> drop, long intervalNs)
    {
        ArgumentNullException.ThrowIfNull(drop);
        using var table = CsvTable.Open(file, IsHeader);
        var hasRow = table.Read();
        var time = TimeColumn(table, timeColumn, hasRow);
        var dropped = drop.Select(name => Find(table, name)).ToHashSet();
        int[] columns = [.. Enumerable.Range(0, table.Width).Where(i => i != time && !dropped.Contains(i) && !IsIndex(table, i))];
        if (columns.Length == 0)
            throw new DataException(file, table.Line, "there is no column of numbers");
        var rows = new SeriesRows([.. columns.Select(table.NameOf)]);
        for (; hasRow; hasRow = table.Read())
            ReadRow(table, columns, time, intervalNs, rows);
        if (rows.Count == 0)
            throw new DataException(file, 0, "there is no row of numbers");
        return new Matrix(file, rows, HasHeader: table.Header.Count > 0, HasTimes: time >= 0);
    }

    /// <summary>A first row is a header if a cell is neither a number nor a time, or if it counts its columns, as pandas writes them.</summary>
    internal static bool IsHeader(IReadOnlyList<string> cells)
    {
        if (cells.Any(cell => !CsvTable.TryNumber(cell, out _) && !CsvTime.TryParse(cell, out _)))
            return true;
        var first = cells[0].Length == 0 ? 1 : 0;
        return cells.Count - first >= 3
            && (Counts(0) || (first == 0 && Counts(1)));

        bool Counts(int from) => cells.Skip(first).Index().All(cell => cell.Item == (cell.Index + from).ToString(CultureInfo.InvariantCulture));
    }

    private static void ReadRow(CsvTable table, int[] columns, int time, long intervalNs, SeriesRows rows)
    {
        var at = time >= 0 ? table.Time(time) : rows.Count * intervalNs;
        if (rows.Count > 0 && at <= rows.Times[^1])
            throw table.Error($"time {CsvTime.Format(at)} {(at == rows.Times[^1] ? "stands twice" : "is earlier than the row before")}; "
                + "sort the rows, or ignore times with --time-column none");
        var row = rows.Append(at);
        for (var i = 0; i < columns.Length; i++)
            row[i] = table.Number(columns[i]);
    }

    private static int TimeColumn(CsvTable table, string? asked, bool hasRow)
    {
        if (asked is not null)
            return asked.Equals("none", StringComparison.OrdinalIgnoreCase) ? -1 : Find(table, asked);
        foreach (var name in TimeNames)
            if (table.Find(name) is >= 0 and var found)
                return found;
        return hasRow && !CsvTable.TryNumber(table.Cell(0), out _) && CsvTime.TryParse(table.Cell(0), out _) ? 0 : -1;
    }

    /// <summary>pandas writes its row numbers as a first column without a name.</summary>
    private static bool IsIndex(CsvTable table, int column) =>
        column == 0 && table.Width > 1 && table.Header is [{ Length: 0 }, { Length: > 0 }, ..];

    private static int Find(CsvTable table, string column)
    {
        if (table.Find(column) is >= 0 and var found)
            return found;
        if (int.TryParse(column, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= table.Width)
            return number - 1;
        return table.Column(column);
    }
}

/// <summary>A matrix that was read.</summary>
internal sealed record Matrix(string File, SeriesRows Rows, bool HasHeader, bool HasTimes)
{
    /// <summary>This matrix with the columns of <paramref name="other"/>, in its order.</summary>
    /// <exception cref="DataException">The columns are not the same.</exception>
    public Matrix LikeColumnsOf(Matrix other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var (names, wanted) = (Rows.Metrics, other.Rows.Metrics);
        if (names.Count == wanted.Count && (!HasHeader || !other.HasHeader || names.SequenceEqual(wanted, StringComparer.Ordinal)))
            return this;
        if (HasHeader && other.HasHeader)
        {
            var at = names.Index().DistinctBy(name => name.Item).ToDictionary(name => name.Item, name => name.Index);
            if (names.Count == wanted.Count && wanted.All(at.ContainsKey))
                return this with { Rows = Rows.Select([.. wanted.Select(name => at[name])]) };
            if (wanted.FirstOrDefault(name => !at.ContainsKey(name)) is { } missing)
                throw new DataException(File, 1, $"there is no column '{missing}', which {other.File} has; leave it out with --drop '{missing}'");
            throw new DataException(File, 1, $"there is a column '{names.First(name => !wanted.Contains(name))}' that {other.File} does not have; leave it out with --drop");
        }
        throw new DataException(File, 1, $"there are {names.Count} columns of numbers, but {wanted.Count} in {other.File}");
    }
}

namespace MicroView.Lab;

/// <summary>
/// Reads a table of traces: the artifact's columns (traceID, duration-ms, startTime, endTime, rpcErrors, operation, processes; times in µs since 1970), named
/// in the file or in a header.csv beside it, or those of the development set (trace_id, start_us, …).
/// </summary>
internal static class TraceFile
{
    public const string HeaderFile = "header.csv";

    // Of a trace's operations, the first that is there and not empty counts.
    private static readonly string[] IdNames = ["traceID", "trace_id"], StartNames = ["startTime", "start_us"], EndNames = ["endTime", "end_us"],
        OperationNames = ["operation", "entry_operation", "root_operation"], ServiceNames = ["processes", "services"], ErrorNames = ["rpcErrors", "error", "errors"];

    /// <summary>All traces in order of start.</summary>
    /// <exception cref="DataException">A column is missing, a time is none, or a trace ends before it starts.</exception>
    public static IReadOnlyList<Trace> Read(string file)
    {
        using var table = CsvTable.Open(file, IsHeader);
        var header = table.Header.Count > 0 ? table.Header : HeaderBeside(file, table.Width);
        var columns = new Columns(
            Required(file, header, IdNames), Required(file, header, StartNames), Find(header, EndNames), Find(header, ["duration-ms"]), Find(header, ["duration_us"]),
            [.. OperationNames.Select(name => Find(header, [name])).Where(at => at >= 0)], Find(header, ServiceNames), Find(header, ErrorNames), Find(header, ["phase"]), Find(header, [SpanJoin.ControlWordColumn]));
        if (columns.Operations.Length == 0)
            throw Missing(file, header, OperationNames);
        if (columns is { End: < 0, Milliseconds: < 0, Microseconds: < 0 })
            throw Missing(file, header, [.. EndNames, "duration-ms"]);
        var traces = new List<Trace>();
        while (table.Read())
            traces.Add(ReadRow(table, columns));
        if (traces.Count == 0)
            throw new DataException(file, 0, "there is no trace in it");
        return [.. traces.OrderBy(trace => trace.StartNs)];
    }

    private sealed record Columns(int Id, int Start, int End, int Milliseconds, int Microseconds, int[] Operations, int Services, int Errors, int Phase, int ControlWord);

    private static Trace ReadRow(CsvTable table, Columns columns)
    {
        var start = table.Time(columns.Start);
        var end = columns.End >= 0 ? table.Time(columns.End)
            : start + (long)(columns.Milliseconds >= 0 ? table.Number(columns.Milliseconds) * 1e6 : table.Number(columns.Microseconds) * 1e3);
        if (end < start)
            throw table.Error($"the trace ends at {CsvTime.Format(end)}, before its start at {CsvTime.Format(start)}");
        var operation = columns.Operations.Select(at => table.Cell(at).ToString()).FirstOrDefault(text => text.Length > 0) ?? "";
        return new Trace(table.Cell(columns.Id).ToString(), start, end, columns.Errors >= 0 ? Errors(table.Cell(columns.Errors)) : 0, operation,
            columns.Services < 0 ? [] : Names(table.Cell(columns.Services).ToString())) 
        {
            IsFaultFree = columns.Phase >= 0 && table.Cell(columns.Phase) is "fault-free",
            ControlWord = columns.ControlWord < 0 ? null : table.Cell(columns.ControlWord) switch { "1" => true, "0" => false, _ => null },
        };
    }

    /// <summary>A number of errors, a word, or a list of what failed.</summary>
    private static int Errors(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text.Equals("false", StringComparison.OrdinalIgnoreCase) || text is "[]" or "{}" or "None")
            return 0;
        return CsvTable.TryNumber(text, out var number) ? (int)Math.Clamp(double.IsNaN(number) ? 0 : Math.Ceiling(number), 0, int.MaxValue) : 1;
    }

    /// <summary>Names set apart by anything, as in a;b, ['a', 'b'] or {"p1":"a"}.</summary>
    private static string[] Names(string text) =>
        [.. text.Split([';', ',', '|', ' ', '[', ']', '{', '}', '\'', '"'], StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal)];

    private static bool IsHeader(IReadOnlyList<string> cells) => cells.Any(cell => IdNames.Contains(cell, StringComparer.OrdinalIgnoreCase));

    private static string[] HeaderBeside(string file, int width)
    {
        var beside = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, HeaderFile);
        if (!File.Exists(beside))
            throw new DataException(file, 1, $"names no column traceID, and there is no {HeaderFile} beside it");
        using var table = CsvTable.Open(beside);
        return table.Width == width ? [.. table.Header] : throw new DataException(beside, 1, $"names {table.Width} columns, {Path.GetFileName(file)} has {width}");
    }

    private static int Required(string file, IReadOnlyList<string> header, string[] names) => Find(header, names) is >= 0 and var at ? at : throw Missing(file, header, names);

    private static int Find(IReadOnlyList<string> header, string[] names) =>
        names.Select(name => header.Index().Where(column => column.Item.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(column => column.Index).FirstOrDefault(-1)).FirstOrDefault(at => at >= 0, -1);

    private static DataException Missing(string file, IReadOnlyList<string> header, string[] names) =>
        new(file, 1, $"there is no column {string.Join(" or ", names)}; there are {string.Join(", ", header)}");
}

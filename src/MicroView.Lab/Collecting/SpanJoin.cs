using System.Globalization;

namespace MicroView.Lab;

/// <summary>
/// Joins the span files of services (SERVICE.spans.csv: time, trace, service, root or child, milliseconds, tracestate, operation, error, kept) into a table of traces by their roots, in the artifact's columns;
/// control_word says whether the deployed sampler would have kept the trace.
/// </summary>
internal static class SpanJoin
{
    public const string Suffix = ".spans.csv";

    public const string ControlWordColumn = "control_word";

    /// <summary>Writes the traces that began in a range.</summary>
    /// <returns>How many.</returns>
    /// <exception cref="DataException">A line cannot be read, or there is no trace.</exception>
    public static int Write(string folder, string file, long fromNs, long untilNs)
    {
        var roots = new Dictionary<string, Span>(StringComparer.Ordinal);
        var parts = new Dictionary<string, (int Errors, SortedSet<string> Services)>(StringComparer.Ordinal);
        foreach (var path in Directory.EnumerateFiles(folder, $"*{Suffix}").Order(StringComparer.Ordinal))
            foreach (var span in Read(path))
            {
                var (errors, services) = parts.GetValueOrDefault(span.Trace, (0, []));
                services.Add(span.Service);
                parts[span.Trace] = (errors + (span.IsError ? 1 : 0), services);
                if (span.IsRoot)
                    roots[span.Trace] = span;
            }
        Span[] kept = [.. roots.Values.Where(root => root.StartNs >= fromNs && root.StartNs < untilNs).OrderBy(root => root.StartNs)];
        if (kept.Length == 0)
            throw new DataException(folder, 0, $"holds no trace from {CsvTime.Format(fromNs)} to {CsvTime.Format(untilNs)}");
        ResultFile.Write(file, text =>
        {
            text.WriteRow("traceID", "duration-ms", "startTime", "endTime", "rpcErrors", "operation", "processes", ControlWordColumn);
            foreach (var root in kept)
                text.WriteRow(root.Trace, root.Milliseconds, root.StartNs / 1000, (root.StartNs + (long)(root.Milliseconds * 1e6)) / 1000, parts[root.Trace].Errors, root.Operation,
                    string.Join(';', parts[root.Trace].Services), root.Kept);
        });
        return kept.Length;
    }

    private sealed record Span(string Trace, string Service, bool IsRoot, long StartNs, double Milliseconds, string Operation, bool IsError, string Kept);

    private static IEnumerable<Span> Read(string path)
    {
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            var cells = line.Split(',');
            if (cells.Length != 9 || !CsvTime.TryParse(cells[0], out var start) || !double.TryParse(cells[4], NumberStyles.Float, CultureInfo.InvariantCulture, out var milliseconds))
                throw new DataException(path, number, "is no span: time, trace, service, root or child, milliseconds, tracestate, operation, error, kept");
            yield return new Span(cells[1], cells[2], cells[3] == "root", start, milliseconds, cells[6], cells[7] == "1", cells[8]);
        }
    }
}

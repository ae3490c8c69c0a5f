using System.Globalization;

namespace MicroView.Lab;

/// <summary>
/// Joins the rows of a service's pods, as `nic --recording --rows` writes them, into one table: its own metrics, and those of its cgroup or process as they were known then.
/// </summary>
internal static class RowJoin
{
    // Six digits: what is beyond is noise, and does not compress.
    private const string Digits = "G6";

    /// <summary>Joins the rows of all services.</summary>
    /// <param name="rows">Folder of POD.csv; a pod that grew goes on in POD.2.csv.</param>
    /// <param name="experiment">Where metrics/SERVICE/data.csv goes.</param>
    /// <param name="services">Names of services.</param>
    /// <param name="fromNs">Rows before are left out.</param>
    /// <param name="columnsAtNs">Columns are those that were known then: a detector that had learnt by then knew no others.</param>
    public static void Write(string rows, string experiment, IReadOnlyList<string> services, long fromNs, long columnsAtNs)
    {
        foreach (var service in services)
        {
            var own = Pod(rows, name => name == $"{service}-1" || name == service, fromNs, columnsAtNs);
            var outside = Pod(rows, name => name.EndsWith($"_{service}", StringComparison.Ordinal), fromNs, columnsAtNs);
            var first = own ?? outside ?? throw new DataException(rows, 0, $"holds no rows of {service}");
            var joined = own is not null && outside is not null ? Join(own, outside) : first;
            var folder = Path.Combine(experiment, DataSetReader.MetricsFolder, service);
            ArtifactReader.WriteRows(Path.Combine(folder, SplitRun.CollectedFile), joined);
            ColumnDescription.Write(Path.Combine(folder, "column_desc.json"), joined.Metrics);
        }
    }

    /// <summary>A pod's rows, whichever files they are in; null if there are none.</summary>
    private static SeriesRows? Pod(string folder, Func<string, bool> isPod, long fromNs, long columnsAtNs)
    {
        SeriesRows[] parts = [.. Directory.EnumerateFiles(folder, "*.csv").Where(file => isPod(PodOf(file)) && File.ReadLines(file).Skip(1).Any()).Select(file => MatrixFile.Read(file, null, [], 1_000_000_000).Rows)
            .Where(part => part.Count > 0).OrderBy(part => part.Times[0])];
        if (parts.Length == 0)
            return null;
        var known = parts.LastOrDefault(part => part.Times[0] <= columnsAtNs) ?? parts[0];
        var joined = new SeriesRows(known.Metrics);
        foreach (var part in parts)
        {
            var at = part.Metrics.Index().DistinctBy(metric => metric.Item).ToDictionary(metric => metric.Item, metric => metric.Index);
            int[] columns = [.. known.Metrics.Select(metric => at.GetValueOrDefault(metric, -1))];
            for (var i = 0; i < part.Count; i++)
                if (part.Times[i] >= fromNs && (joined.Count == 0 || part.Times[i] > joined.Times[^1]))
                    Copy(part[i], columns, joined.Append(part.Times[i]));
        }
        return joined.Count > 0 ? joined : null;
    }

    /// <summary>POD of POD.csv and POD.2.csv.</summary>
    private static string PodOf(string file)
    {
        var name = Path.GetFileNameWithoutExtension(file);
        var dot = name.LastIndexOf('.');
        return dot > 0 && int.TryParse(name[(dot + 1)..], CultureInfo.InvariantCulture, out _) ? name[..dot] : name;
    }

    private static void Copy(ReadOnlySpan<double> from, int[] columns, Span<double> to)
    {
        for (var j = 0; j < columns.Length; j++)
            to[j] = columns[j] < 0 ? double.NaN : Rounded(from[columns[j]]);
    }

    private static double Rounded(double value) => double.IsFinite(value) ? double.Parse(value.ToString(Digits, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : double.NaN;

    /// <summary>Beside each row of the first the latest of the second that is not later, if it is not older than two of its steps.</summary>
    private static SeriesRows Join(SeriesRows own, SeriesRows outside)
    {
        var joined = new SeriesRows([.. own.Metrics, .. outside.Metrics]);
        var oldest = 2 * SeriesFile.UsualStep(outside.Times);
        for (int i = 0, at = -1; i < own.Count; i++)
        {
            while (at + 1 < outside.Count && outside.Times[at + 1] <= own.Times[i])
                at++;
            var row = joined.Append(own.Times[i]);
            own[i].CopyTo(row);
            if (at >= 0 && own.Times[i] - outside.Times[at] <= oldest)
                outside[at].CopyTo(row[own.Width..]);
            else
                row[own.Width..].Fill(double.NaN);
        }
        return joined;
    }
}

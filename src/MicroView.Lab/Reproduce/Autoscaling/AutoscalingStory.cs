namespace MicroView.Lab;

/// <summary>A row of the time line. Times in the cluster's seconds since the steps began.</summary>
internal readonly record struct ClusterMoment(double Seconds, double Users, double Replicas, double Ready, double Failed, double P95, double Answers, double Bad, bool IsKept);

/// <summary>A row that a detector judged.</summary>
internal readonly record struct JudgedRow(double Seconds, double Score, double Threshold, bool IsAnomalous, bool IsAlarm, string Top);

/// <summary>What happened in a run, read from its files. Immutable.</summary>
internal sealed class AutoscalingStory
{
    // A detector has flagged when so many rows in a row are anomalous: one may be chance.
    private const int Streak = 3;

    private static readonly string[] s_line = ["seconds", "users", "replicas", "ready", "failed", "p95_ms", "answers", "bad", "kept"];
    private static readonly string[] s_scores = ["detector", "seconds", "score", "threshold", "anomalous", "alarm", "top"];

    private readonly IReadOnlyDictionary<string, JudgedRow[]> _judged;

    private AutoscalingStory(string variant, ClusterMoment[] moments, IReadOnlyDictionary<string, JudgedRow[]> judged) => (Variant, Moments, _judged) = (variant, moments, judged);

    public string Variant { get; }

    public IReadOnlyList<ClusterMoment> Moments { get; }

    public static AutoscalingStory Read(FigureFolder folder, string variant)
    {
        ArgumentNullException.ThrowIfNull(folder);
        var moments = new List<ClusterMoment>();
        using (var table = folder.Open(variant))
        {
            int[] at = [.. s_line.Select(table.Column)];
            while (table.Read())
                moments.Add(new(table.Number(at[0]), table.Number(at[1]), table.Number(at[2]), table.Number(at[3]), table.Number(at[4]), table.Number(at[5]), table.Number(at[6]), table.Number(at[7]), table.Number(at[8]) > 0));
        }
        return new(variant, [.. moments], ReadScores(Path.Combine(folder.Files(variant), AutoscalingScores.FileName)));
    }

    /// <summary>Rows of a detector, in order.</summary>
    public IReadOnlyList<JudgedRow> Judged(string detector) => _judged.GetValueOrDefault(detector, []);

    /// <summary>When a detector first flags after the steps have begun: the first of three anomalous rows in a row.</summary>
    public double? FirstFlag(string detector) => FirstStreak(Judged(detector), row => row.Seconds >= 0 && row.IsAnomalous, row => row.Seconds);

    /// <summary>Share of rows that a detector flags in the part of the quiet load that it did not learn from.</summary>
    public double QuietShare(string detector)
    {
        var quiet = Judged(detector).Where(row => row.Seconds < 0).ToArray();
        return quiet.Length == 0 ? double.NaN : quiet.Count(row => row.IsAnomalous) / (double)quiet.Length;
    }

    /// <summary>When the live alarm first opens.</summary>
    public double? FirstAlarm => First(Judged(AutoscalingScores.Live), row => row.Seconds >= 0 && row.IsAlarm, row => row.Seconds);

    /// <summary>When the HPA first asks for more after the steps have begun.</summary>
    public double? FirstAct
    {
        get
        {
            var before = Moments.LastOrDefault(moment => moment.Seconds < 0).Replicas;
            return First(Moments, moment => moment.Seconds >= 0 && moment.Replicas > before, moment => moment.Seconds);
        }
    }

    /// <summary>When it has asked for all that it may.</summary>
    public double? AtMost(int replicas) => First(Moments, moment => moment.Replicas >= replicas, moment => moment.Seconds);

    /// <summary>When the first replica is Failed.</summary>
    public double? FirstFailed => First(Moments, moment => moment.Failed > 0, moment => moment.Seconds);

    /// <summary>When the objective first breaks after the steps have begun.</summary>
    public double? FirstBreak => FirstStreak(Moments, moment => moment.Seconds >= 0 && !moment.IsKept, moment => moment.Seconds);

    /// <summary>Share of the steps' time in which it is broken.</summary>
    public double BrokenShare
    {
        get
        {
            var steps = Moments.Where(moment => moment.Seconds >= 0).ToArray();
            return steps.Length == 0 ? double.NaN : steps.Count(moment => !moment.IsKept) / (double)steps.Length;
        }
    }

    /// <summary>Metrics by how many of the paper's detector's anomalous rows they were among the first three of, with their mean share in these.</summary>
    public IReadOnlyList<(string Metric, int Rows, double Share)> TopMetrics(string detector = AutoscalingScores.Paper) =>
    [
        .. Judged(detector).Where(row => row is { Seconds: >= 0, IsAnomalous: true, Top.Length: > 0 }).SelectMany(row => row.Top.Split("; "))
            .Select(part => (Metric: part[..part.LastIndexOf(' ')], Share: double.Parse(part[(part.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture)))
            .GroupBy(part => part.Metric).Select(group => (group.Key, group.Count(), group.Average(part => part.Share)))
            .OrderByDescending(metric => metric.Item2).ThenByDescending(metric => metric.Item3),
    ];

    private static Dictionary<string, JudgedRow[]> ReadScores(string file)
    {
        var judged = new Dictionary<string, List<JudgedRow>>();
        using var table = CsvTable.Open(file);
        int[] at = [.. s_scores.Select(table.Column)];
        while (table.Read())
        {
            var detector = table.Cell(at[0]).ToString();
            if (!judged.TryGetValue(detector, out var rows))
                judged[detector] = rows = [];
            rows.Add(new(table.Number(at[1]), table.Number(at[2]), table.Number(at[3]), table.Number(at[4]) > 0, table.Number(at[5]) > 0, table.Cell(at[6]).ToString()));
        }
        return judged.ToDictionary(pair => pair.Key, pair => pair.Value.ToArray());
    }

    private static double? First<T>(IReadOnlyList<T> rows, Func<T, bool> which, Func<T, double> when) where T : struct
    {
        foreach (var row in rows)
            if (which(row))
                return when(row);
        return null;
    }

    private static double? FirstStreak<T>(IReadOnlyList<T> rows, Func<T, bool> which, Func<T, double> when) where T : struct
    {
        for (var i = 0; i + Streak <= rows.Count; i++)
            if (Enumerable.Range(i, Streak).All(j => which(rows[j])))
                return when(rows[i]);
        return null;
    }
}

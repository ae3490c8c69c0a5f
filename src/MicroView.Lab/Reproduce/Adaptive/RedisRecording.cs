using System.Globalization;
using System.IO.Compression;

namespace MicroView.Lab;

/// <summary>What the deployed detector said of a row when it came.</summary>
/// <param name="At">ns of Unix time.</param>
/// <param name="Score">0 while it learnt.</param>
/// <param name="Threshold">Infinite while it learnt; it follows the pod's scores.</param>
/// <param name="Alarm">Whether the alarm was open.</param>
internal readonly record struct LiveDecision(long At, double Score, double Threshold, bool Alarm);

/// <summary>One pod of a recording: its rows, and what the deployed detector said of them when they came.</summary>
/// <param name="Pod">"info" (by scrape-in) or "process" (node source).</param>
/// <param name="Rows">All rows.</param>
/// <param name="Decisions">Live decisions, by time.</param>
internal sealed record RecordedPod(string Pod, SeriesRows Rows, IReadOnlyList<LiveDecision> Decisions)
{
    /// <summary>The threshold that the detector began with when it had learnt; infinite if it never had.</summary>
    public double FirstThreshold => Decisions.Select(decision => decision.Threshold).FirstOrDefault(double.IsFinite, double.PositiveInfinity);

    /// <summary>The decision nearest to a time, since live rows and replayed ones are timed by clocks of their own.</summary>
    public LiveDecision At(long time)
    {
        var (low, high) = (0, Decisions.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = Decisions[middle].At < time ? (middle + 1, high) : (low, middle);
        }
        if (Decisions.Count == 0)
            return default;
        var (before, after) = (Math.Max(0, low - 1), Math.Min(low, Decisions.Count - 1));
        return Decisions[Math.Abs(Decisions[before].At - time) <= Math.Abs(Decisions[after].At - time) ? before : after];
    }
}

/// <summary>
/// What a run of Redis leaves, and what is committed of one: <c>info.csv.gz</c> and <c>process.csv.gz</c>, the rows; <c>decisions.csv</c>, those that were live; <c>faults.csv</c>; <c>quiet.txt</c>, seconds without faults. Immutable.
/// </summary>
internal sealed record RedisRecording(IReadOnlyList<RecordedPod> Pods, IReadOnlyList<Fault> Faults, double QuietSeconds)
{
    private const string QuietFile = "quiet.txt", DecisionsFile = "decisions.csv.gz";

    private static readonly string[] s_pods = ["info", "process"];

    /// <summary>The folder of the recording that is part of this program.</summary>
    public static string Shipped => Path.Combine(AppContext.BaseDirectory, "Recordings", "redis");

    public static RedisRecording Read(string folder)
    {
        var decisions = Path.Combine(folder, DecisionsFile);
        return new([.. s_pods.Select(pod => new RecordedPod(pod, MatrixFile.Read(Path.Combine(folder, pod + ".csv.gz"), "timestamp", [], 1).Rows, ReadDecisions(decisions, pod)))],
            FaultFile.Read(Path.Combine(folder, FaultFile.Name)), double.Parse(File.ReadAllText(Path.Combine(folder, QuietFile)), CultureInfo.InvariantCulture));
    }

    /// <summary>Keeps of a run what belongs to Redis.</summary>
    /// <param name="microview">Has written rows and decisions.</param>
    /// <param name="info">How the files of the scraped pod begin.</param>
    /// <param name="process">Name of the process's pod.</param>
    /// <param name="faults">That were done.</param>
    /// <param name="quietSeconds">Without faults.</param>
    /// <param name="folder">Where to.</param>
    public static RedisRecording Keep(WatchingMicroview microview, string info, string process, IReadOnlyList<Fault> faults, double quietSeconds, string folder)
    {
        ArgumentNullException.ThrowIfNull(microview);
        foreach (var (pod, file) in s_pods.Zip([info, process]))
        {
            // A pod that gets a new series begins another file, and learns anew: what is looked at is the longest stretch.
            var rows = Directory.GetFiles(microview.Rows, file + "*.csv").MaxBy(path => new FileInfo(path).Length)
                ?? throw new LabException($"{microview.Rows} has no rows of {file}: was it watched?", ExitCode.Failed);
            WriteRows(MatrixFile.Read(rows, "timestamp", [], 1).Rows, Path.Combine(folder, pod + ".csv.gz"));
        }
        Pack(File.ReadLines(microview.Decisions).Select((line, i) => i == 0 ? line : Rename(line, process)).OfType<string>(), Path.Combine(folder, DecisionsFile));
        FaultFile.Write(Path.Combine(folder, FaultFile.Name), faults);
        File.WriteAllText(Path.Combine(folder, QuietFile), RedisPlan.Text(quietSeconds));
        Directory.Delete(microview.Rows, recursive: true);
        File.Delete(microview.Decisions);
        return Read(folder);
    }

    /// <summary>A decision by the names of this recording; null if it is of another pod.</summary>
    private static string? Rename(string line, string process)
    {
        if (line.Split(',') is not [var time, var pod, .. var rest])
            return null;
        var name = pod.EndsWith("/metrics", StringComparison.Ordinal) ? s_pods[0] : pod == process ? s_pods[1] : null;
        return name is null ? null : string.Join(',', [time, name, .. rest]);
    }

    /// <summary>To six digits: more say nothing about likeness, and do not compress.</summary>
    private static void WriteRows(SeriesRows rows, string path)
    {
        using var text = new StreamWriter(new GZipStream(File.Create(path), CompressionLevel.SmallestSize)) { NewLine = "\n" };
        text.WriteRow(["timestamp", .. rows.Metrics]);
        for (var i = 0; i < rows.Count; i++)
        {
            text.Write(rows.Times[i].ToString(CultureInfo.InvariantCulture));
            foreach (var value in rows[i])
            {
                text.Write(',');
                text.WriteNumber(double.Parse(value.ToString("G6", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture));
            }
            text.Write('\n');
        }
    }

    private static void Pack(IEnumerable<string> lines, string path)
    {
        using var text = new StreamWriter(new GZipStream(File.Create(path), CompressionLevel.SmallestSize)) { NewLine = "\n" };
        foreach (var line in lines)
            text.WriteLine(line);
    }

    private static List<LiveDecision> ReadDecisions(string file, string pod)
    {
        var decisions = new List<LiveDecision>();
        using var table = CsvTable.Open(file);
        var (time, name, score, threshold, alarm) = (table.Column("time_ns"), table.Column("pod"), table.Column("score"), table.Column("threshold"), table.Column("alarm"));
        while (table.Read())
            if (table.Cell(name).SequenceEqual(pod))
                decisions.Add(new(table.Time(time), table.Number(score), table.Number(threshold), table.Number(alarm) > 0));
        return decisions;
    }
}

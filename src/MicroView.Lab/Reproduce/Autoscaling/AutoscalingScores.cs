using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>
/// scores.csv: what the paper's detector (l 50, k 12) says of each row that MicroView read, and what the detector that was deployed said live. The paper's learns from the rows of the quiet load up to a time and judges
/// those after it one by one, knowing nothing of what comes.
/// </summary>
internal static class AutoscalingScores
{
    public const string FileName = "scores.csv";

    /// <summary>Names of the detectors in the file.</summary>
    public const string Paper = "FD l=50 k=12", Live = "RFD live";

    private const int SketchRows = 50, Components = 12, Top = 3;

    /// <summary>The paper's, with the published norm and percentile; a floor under deviations, since the metric that matters stands still until it matters.</summary>
    public static ModelChoice Model { get; } = new(new DetectorOptions { Model = "FD", SketchRows = SketchRows, Components = Components }, UpdateOnline: true);

    /// <param name="microview">Has left rows and decisions.</param>
    /// <param name="folder">Where the file goes.</param>
    /// <param name="secondsOf">The figure's time of a moment of Unix time, ns.</param>
    /// <param name="learntUntil">The figure's time up to which rows are learnt from.</param>
    public static void Write(WatchingMicroview microview, string folder, Func<long, double> secondsOf, double learntUntil)
    {
        ArgumentNullException.ThrowIfNull(microview);
        ArgumentNullException.ThrowIfNull(secondsOf);
        string[] files = [.. Directory.GetFiles(microview.Rows, "*.csv").Order(StringComparer.Ordinal)];
        if (files.Length != 1)
            throw new LabException($"{microview.Rows}: {files.Length} pods were recorded where one is watched: its series must not change", ExitCode.Failed);
        var rows = MatrixFile.Read(files[0], null, [], 1).Rows;
        using var file = new ResultFile(Path.Combine(folder, FileName));
        file.Text.WriteRow("detector", "seconds", "score", "threshold", "anomalous", "alarm", "top");
        WritePaper(file.Text, rows, secondsOf, learntUntil);
        WriteLive(file.Text, microview.Decisions, secondsOf);
        file.Commit();
    }

    private static void WritePaper(TextWriter text, SeriesRows rows, Func<long, double> secondsOf, double learntUntil)
    {
        var learnt = 0;
        while (learnt < rows.Count && secondsOf(rows.Times[learnt]) < learntUntil)
            learnt++;
        var run = new DetectorRun(Model, rows.Rows(0, learnt));
        var test = rows.Rows(learnt, rows.Count);
        var top = new Attribution[Top];
        for (var i = 0; i < test.Count; i++)
        {
            var seen = run.Judge(test, i);
            var names = seen.Anomalous ? string.Join("; ", top.Take(run.Attribute(top)).Select(share => FormattableString.Invariant($"{test.Metrics[share.Feature]} {share.Share:0.###}"))) : null;
            text.WriteRow(Paper, Math.Round(secondsOf(test.Times[i]), 3), seen.Score, seen.Threshold, seen.Anomalous, seen.AlarmOpen, names);
        }
    }

    private static void WriteLive(TextWriter text, string decisions, Func<long, double> secondsOf)
    {
        using var table = CsvTable.Open(decisions);
        var (time, score, threshold, anomalous, alarm) = (table.Column("time_ns"), table.Column("score"), table.Column("threshold"), table.Column("anomalous"), table.Column("alarm"));
        while (table.Read())
            if (double.IsFinite(table.Number(threshold)))
                text.WriteRow(Live, Math.Round(secondsOf(table.Time(time)), 3), table.Number(score), table.Number(threshold), table.Number(anomalous) > 0, table.Number(alarm) > 0, null);
    }
}

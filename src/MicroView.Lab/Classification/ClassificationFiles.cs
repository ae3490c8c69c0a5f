namespace MicroView.Lab;

/// <summary>The result files of one classification.</summary>
internal static class ClassificationFiles
{
    public const string Scores = "scores.csv";
    public const string Performance = "performance.csv";

    /// <summary>Columns of a row of performance, after those of its configuration.</summary>
    public static readonly string[] PerformanceColumns =
        ["precision", "recall", "f1", "fpr", "average_precision", "roc_auc", "true_positives", "false_positives", "false_negatives", "true_negatives"];

    /// <summary>Writes all files into <paramref name="folder"/>.</summary>
    public static void Write(string folder, string title, ModelChoice choice, Classification result, IReadOnlyList<Fault> faults)
    {
        WriteScores(Path.Combine(folder, Scores), result);
        WritePerformance(Path.Combine(folder, Performance), choice, result);
        WriteCurves(folder, result);
        ResultFile.Write(Path.Combine(folder, "top_metrics.csv"), text =>
        {
            text.WriteRow("metric", "rows", "mean_share");
            foreach (var metric in result.TopMetrics)
                text.WriteRow(metric.Metric, metric.Rows, metric.MeanShare);
        });
        ClassificationFigures.Write(folder, title, result, faults);
    }

    /// <summary>The cells for <see cref="PerformanceColumns"/>.</summary>
    public static object[] PerformanceCells(Classification result) =>
    [
        result.Counts.Precision, result.Counts.Recall, result.Counts.F1, result.Counts.FalsePositiveRate, result.Ranking.AveragePrecision, result.Ranking.RocArea,
        result.Counts.TruePositives, result.Counts.FalsePositives, result.Counts.FalseNegatives, result.Counts.TrueNegatives,
    ];

    /// <summary>timestamp, score, threshold, label (1, 0, or empty where nothing is known), prediction, alarm.</summary>
    public static void WriteScores(string file, Classification result) => ResultFile.Write(file, text =>
    {
        text.WriteRow("timestamp", "score", "threshold", "label", "prediction", "alarm");
        foreach (var row in result.Rows)
            text.WriteRow(CsvTime.Format(row.TimeNs), row.Score, row.Threshold,
                row.Label switch { RowLabel.Positive => 1, RowLabel.Negative => 0, _ => (object?)null }, row.Predicted, row.Alarm);
    });

    private static void WritePerformance(string file, ModelChoice choice, Classification result) => ResultFile.Write(file, text =>
    {
        text.WriteRow(["model", "k", "l", "threshold", "learning_rate", .. PerformanceColumns]);
        text.WriteRow([choice.Detector.Model, choice.Detector.Components, choice.Detector.SketchRows, choice.Detector.ThresholdPercentile, choice.Detector.Eta, .. PerformanceCells(result)]);
    });

    private static void WriteCurves(string folder, Classification result)
    {
        var ranking = result.Ranking;
        ResultFile.Write(Path.Combine(folder, "roc.csv"), text =>
        {
            text.WriteRow("score", "false_positive_rate", "true_positive_rate");
            foreach (var point in ranking.Points)
                text.WriteRow(point.Threshold, Share(point.FalsePositives, ranking.Negatives), Share(point.TruePositives, ranking.Positives));
        });
        ResultFile.Write(Path.Combine(folder, "pr.csv"), text =>
        {
            text.WriteRow("score", "recall", "precision");
            foreach (var point in ranking.Points)
                text.WriteRow(point.Threshold, Share(point.TruePositives, ranking.Positives), Share(point.TruePositives, point.TruePositives + point.FalsePositives));
        });
    }

    private static double Share(int part, int whole) => whole == 0 ? double.NaN : part / (double)whole;
}

using ScottPlot;

namespace MicroView.Lab;

/// <summary>Figures of one classification: scores over time, ROC, precision over recall.</summary>
internal static class ClassificationFigures
{
    public static void Write(string folder, string title, Classification result, IReadOnlyList<Fault> faults)
    {
        foreach (var (name, rows) in Stretches(result.Rows))
            WriteScores(Path.Combine(folder, name), title, rows, faults);
        if (result.Ranking.Positives == 0 || result.Ranking.Negatives == 0)
            return;
        WriteRoc(Path.Combine(folder, "roc"), title, result.Ranking);
        WritePrecision(Path.Combine(folder, "pr"), title, result.Ranking);
    }

    /// <summary>A figure for each stretch: a night between two days would take most of the width.</summary>
    private static IEnumerable<(string Name, ClassifiedRow[] Rows)> Stretches(IReadOnlyList<ClassifiedRow> rows)
    {
        var parts = Parts(rows, (rows[^1].TimeNs - rows[0].TimeNs) / 5).ToArray();
        return parts.Select(part => (parts.Length == 1 ? "scores" : $"scores_{CsvTime.Format(part[0].TimeNs)[..10]}", part)).DistinctBy(part => part.Item1);
    }

    private static void WriteScores(string path, string title, ClassifiedRow[] rows, IReadOnlyList<Fault> faults)
    {
        var figure = new Figure(title, "time (UTC)", "score", width: 1200);
        var plot = figure.Plot;
        // Scores reach over decades: a linear axis would show the largest row and nothing else.
        var logarithmic = rows.Where(row => row.Score > 0).Select(row => row.Score).DefaultIfEmpty(1).Max() > 50 * rows.Select(row => row.Threshold).Where(double.IsFinite).DefaultIfEmpty(1).Min();
        double Y(double score) => logarithmic ? Math.Log10(Math.Max(score, 1e-3)) : score;
        foreach (var fault in faults.Where(fault => fault.EndNs >= rows[0].TimeNs && fault.StartNs <= rows[^1].TimeNs))
        {
            var span = plot.Add.HorizontalSpan(Figure.X(fault.StartNs), Figure.X(fault.EndNs), Figure.Orange.WithAlpha(0.3));
            span.LineWidth = 0;
        }
        foreach (var part in Parts(rows, 5 * SeriesFile.UsualStep([.. rows.Select(row => row.TimeNs)])))
        {
            var line = figure.Line([.. part.Select(row => Figure.X(row.TimeNs))], [.. part.Select(row => Y(row.Score))], Figure.Blue);
            line.LineWidth = 1;
            var limit = figure.Line([.. part.Select(row => Figure.X(row.TimeNs))], [.. part.Select(row => Y(row.Threshold))], Figure.Red);
            limit.LineWidth = 1.5f;
        }
        var anomalous = rows.Where(row => row.Predicted).ToArray();
        var dots = figure.Dots([.. anomalous.Select(row => Figure.X(row.TimeNs))], [.. anomalous.Select(row => Y(row.Score))], Figure.Red);
        dots.MarkerSize = 4;
        figure.UseTimeAxis();
        if (logarithmic)
        {
            UseDecades(plot);
            plot.YLabel("score, logarithmic", 13);
        }
        plot.Legend.ManualItems.AddRange(
        [
            new() { LabelText = "score", LineColor = Figure.Blue, LineWidth = 2 },
            new() { LabelText = "threshold", LineColor = Figure.Red, LineWidth = 2 },
            new() { LabelText = "called anomalous", MarkerFillColor = Figure.Red, MarkerShape = MarkerShape.FilledCircle, MarkerSize = 6 },
            new() { LabelText = "fault", FillColor = Figure.Orange.WithAlpha(0.3) },
        ]);
        // Beside the plot: inside, it would hide scores.
        plot.ShowLegend(Edge.Right);
        figure.Save(path);
    }

    /// <summary>Rows without a hole longer than <paramref name="longest"/> ns among them.</summary>
    private static IEnumerable<ClassifiedRow[]> Parts(IReadOnlyList<ClassifiedRow> rows, long longest)
    {
        var first = 0;
        for (var i = 1; i <= rows.Count; i++)
        {
            if (i < rows.Count && rows[i].TimeNs - rows[i - 1].TimeNs <= longest)
                continue;
            yield return [.. rows.Skip(first).Take(i - first)];
            first = i;
        }
    }

    private static void UseDecades(Plot plot) => plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic
    {
        MinorTickGenerator = new ScottPlot.TickGenerators.LogMinorTickGenerator(),
        IntegerTicksOnly = true,
        LabelFormatter = exponent => FormattableString.Invariant($"{Math.Pow(10, exponent):0.###}"),
    };

    private static void WriteRoc(string path, string title, Ranking ranking)
    {
        var figure = new Figure(title, "false-positive rate", "true-positive rate", 480, 500);
        double[] x = [0, .. ranking.Points.ToArray().Select(point => point.FalsePositives / (double)ranking.Negatives)];
        double[] y = [0, .. ranking.Points.ToArray().Select(point => point.TruePositives / (double)ranking.Positives)];
        var chance = figure.Line([0, 1], [0, 1], Figure.Grey);
        chance.LegendText = "by chance";
        Curve(figure, x, y, FormattableString.Invariant($"area {ranking.RocArea:0.000}"));
        figure.Save(path);
    }

    private static void WritePrecision(string path, string title, Ranking ranking)
    {
        var figure = new Figure(title, "recall", "precision", 480, 500);
        double[] x = [.. ranking.Points.ToArray().Select(point => point.TruePositives / (double)ranking.Positives)];
        double[] y = [.. ranking.Points.ToArray().Select(point => point.TruePositives / (double)(point.TruePositives + point.FalsePositives))];
        var share = ranking.Positives / (double)(ranking.Positives + ranking.Negatives);
        var chance = figure.Line([0, 1], [share, share], Figure.Grey);
        chance.LegendText = "by chance";
        Curve(figure, x, y, FormattableString.Invariant($"average precision {ranking.AveragePrecision:0.000}"));
        figure.Save(path);
    }

    private static void Curve(Figure figure, double[] x, double[] y, string legend)
    {
        var line = figure.Line(x, y, Figure.Blue);
        line.LineWidth = 2;
        line.LegendText = legend;
        figure.Plot.Axes.SetLimits(-0.02, 1.02, -0.02, 1.02);
        // Below the plot: a good detector's curves are in one corner, a bad one's in the opposite.
        figure.Plot.ShowLegend(Edge.Bottom);
    }
}

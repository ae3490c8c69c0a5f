using ScottPlot;

namespace MicroView.Lab;

/// <summary>Correlation with the full signal over the share of samples sent; a point per threshold, which is a percentile of the training scores.</summary>
internal static class AdaptiveFigure
{
    public static void Write(string path, IReadOnlyList<AdaptiveResult> mean)
    {
        ArgumentNullException.ThrowIfNull(mean);
        var figure = new Figure("Adaptive metric sampling, mean over services", "samples sent, %", "correlation with the full signal", 900, 460);
        foreach (var (fill, color) in new[] { (GapFill.Hold, Figure.Blue), (GapFill.BackFill, Figure.Orange) })
        {
            var points = mean.Where(result => result.Fill == fill).OrderBy(result => result.Share).ThenBy(result => result.Threshold).ToArray();
            double[] x = [.. points.Select(point => 100 * point.Share)];
            var own = figure.Line(x, [.. points.Select(point => point.Correlation)], color);
            (own.LineWidth, own.MarkerSize, own.LegendText) = (2, 6, $"{AdaptiveRun.Name(fill)}, Σs·x/Σx²");
            var pearson = figure.Line(x, [.. points.Select(point => point.Pearson)], color.WithAlpha(0.8));
            if (fill == GapFill.Hold)
                LabelThresholds(figure, points);
            (pearson.LineWidth, pearson.MarkerSize, pearson.MarkerShape, pearson.LegendText) = (1, 6, MarkerShape.OpenCircle, $"{AdaptiveRun.Name(fill)}, Pearson");
        }
        figure.Plot.Axes.Margins(0.2, 0.1);
        figure.Plot.ShowLegend(Edge.Right);
        figure.Save(path);
    }

    /// <summary>Says which threshold a point is of, unless that would stand on the label before it.</summary>
    private static void LabelThresholds(Figure figure, AdaptiveResult[] points)
    {
        var (last, apart) = (double.NegativeInfinity, 0.02 * (points[^1].Share - points[0].Share));
        foreach (var point in points.Where(point => point.Share > last + apart))
        {
            last = point.Share;
            var label = figure.Plot.Add.Text(FormattableString.Invariant($"p{point.Threshold}"), 100 * point.Share, point.Correlation);
            (label.LabelFontSize, label.LabelFontColor, label.LabelAlignment, label.OffsetX, label.OffsetY) = (11, Figure.Blue, Alignment.LowerRight, -3, -3);
        }
    }
}

using ScottPlot;

namespace MicroView.Lab;

/// <summary>Correlation with the full signal over the share of samples sent; a point per threshold.</summary>
internal static class AdaptiveFigure
{
    public static void Write(string path, IReadOnlyList<AdaptiveResult> mean)
    {
        ArgumentNullException.ThrowIfNull(mean);
        var figure = new Figure("Adaptive metric sampling, mean over services", "samples sent, %", "correlation with the full signal", 640, 460);
        foreach (var (fill, color) in new[] { (GapFill.Hold, Figure.Blue), (GapFill.BackFill, Figure.Orange) })
        {
            var points = mean.Where(result => result.Fill == fill).OrderBy(result => result.Share).ThenBy(result => result.Threshold).ToArray();
            double[] x = [.. points.Select(point => 100 * point.Share)];
            var own = figure.Line(x, [.. points.Select(point => point.Correlation)], color);
            (own.LineWidth, own.MarkerSize, own.LegendText) = (2, 6, $"{AdaptiveRun.Name(fill)}, Σs·x/Σx²");
            var pearson = figure.Line(x, [.. points.Select(point => point.Pearson)], color.WithAlpha(0.5));
            (pearson.LineWidth, pearson.MarkerSize, pearson.MarkerShape, pearson.LegendText) = (1, 6, MarkerShape.OpenCircle, $"{AdaptiveRun.Name(fill)}, Pearson");
        }
        figure.Plot.ShowLegend(Alignment.LowerRight);
        figure.Save(path);
    }
}

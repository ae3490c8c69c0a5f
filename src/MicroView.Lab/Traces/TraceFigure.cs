using System.Globalization;
using ScottPlot;

namespace MicroView.Lab;

/// <summary>Coverage over cost: traces worth keeping that were kept, over all traces kept.</summary>
internal static class TraceFigure
{
    private static readonly Color[] Colors = [Figure.Blue, Figure.Green, Figure.Orange, Color.FromHex("#CC79A7")];

    public static void Write(string path, IReadOnlyList<DetectorCurves> detectors, SamplingCurve latency, IReadOnlyList<double> deviations, SamplingCurve head)
    {
        ArgumentNullException.ThrowIfNull(detectors);
        ArgumentNullException.ThrowIfNull(latency);
        ArgumentNullException.ThrowIfNull(head);
        var figure = new Figure("Trace sampling", "traces kept, %", "traces worth keeping that were kept, %", 900, 520);
        figure.Line([0, 100], [0, 100], Figure.Grey).LegendText = "by chance";
        foreach (var (index, curves) in detectors.Index())
        {
            var color = Colors[index % Colors.Length];
            // Smaller from curve to curve: detectors that keep everything meet in one point.
            var size = 7 + 2.5f * (detectors.Count - 1 - index);
            Curve(figure, curves.Alone, color, width: 2, MarkerShape.FilledCircle, size);
            // Open and thin, for a dashed line is more than the SVG writer can do.
            Curve(figure, curves.Both, color, width: 1, MarkerShape.OpenCircle, size);
        }
        Curve(figure, latency, Figure.Red, width: 2, MarkerShape.FilledDiamond);
        for (var i = 0; i < deviations.Count; i++)
            if (deviations[i] == TraceLabels.Deviations)
                Label(figure, latency.Points[i], "3σ", Figure.Red);
        Curve(figure, head, Figure.Grey, width: 0, MarkerShape.FilledSquare);
        foreach (var (point, p) in head.Points.Zip(TraceSampler.HeadProbabilities))
            Label(figure, point, (100 * p).ToString("0 '%'", CultureInfo.InvariantCulture), Color.FromHex("#555555"));
        figure.Plot.Axes.SetLimits(-2, 102, -2, 104);
        figure.Plot.ShowLegend(Edge.Right);
        figure.Save(path);
    }

    private static void Curve(Figure figure, SamplingCurve curve, Color color, float width, MarkerShape marker, float size = 7)
    {
        var points = curve.Points.OrderBy(point => point.Share).ToArray();
        var (x, y) = (points.Select(point => 100 * point.Share).ToArray(), points.Select(point => 100 * point.Coverage).ToArray());
        var line = width > 0 ? figure.Line(x, y, color) : figure.Dots(x, y, color);
        (line.LineWidth, line.MarkerSize, line.MarkerShape, line.LegendText) = (width, size, marker, curve.Name);
    }

    private static void Label(Figure figure, SamplingOutcome point, string text, Color color)
    {
        var label = figure.Plot.Add.Text(text, 100 * point.Share, 100 * point.Coverage);
        (label.LabelFontSize, label.LabelFontColor, label.LabelAlignment, label.OffsetX, label.OffsetY) = (11, color, Alignment.UpperLeft, 4, 3);
    }
}

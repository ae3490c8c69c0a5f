using ScottPlot;

namespace MicroView.Lab;

/// <summary>The best F1 over (k, ℓ), the other settings chosen freely.</summary>
internal static class Heatmap
{
    public static void Write(string path, string title, IReadOnlyList<GridResult> results)
    {
        int[] components = [.. results.Select(result => result.Point.Components).Distinct().Order()];
        int[] rows = [.. results.Select(result => result.Point.SketchRows).Distinct().Order()];
        if (components.Length * rows.Length < 2)
            return;
        var figure = new Figure(title, "k, directions", "ℓ, rows of the sketch", 150 + 110 * components.Length, 190 + 70 * rows.Length);
        var values = new double[rows.Length, components.Length];
        for (var i = 0; i < rows.Length; i++)
            for (var j = 0; j < components.Length; j++)
                // Row 0 of a heatmap is its top; ℓ grows upwards.
                values[rows.Length - 1 - i, j] = results.Where(result => result.Point.SketchRows == rows[i] && result.Point.Components == components[j])
                    .Select(result => result.F1).DefaultIfEmpty(double.NaN).Max();
        var map = figure.Plot.Add.Heatmap(values);
        map.Colormap = new ScottPlot.Colormaps.Viridis();
        map.NaNCellColor = Figure.Grey.WithAlpha(0.2);
        map.ManualRange = new ScottPlot.Range(0, Math.Max(0.01, values.Cast<double>().Where(value => !double.IsNaN(value)).Max()));
        var bar = figure.Plot.Add.ColorBar(map);
        (bar.Axis.Label.Text, bar.Axis.Label.FontSize, bar.Axis.Label.Bold) = ("F1", 13, false);
        for (var i = 0; i < rows.Length; i++)
            for (var j = 0; j < components.Length; j++)
                Label(figure.Plot, j, i, values[rows.Length - 1 - i, j], map.ManualRange.Value.Max, components[j] > rows[i]);
        figure.Plot.Axes.Bottom.SetTicks([.. components.Select((_, i) => (double)i)], [.. components.Select(Text)]);
        figure.Plot.Axes.Left.SetTicks([.. rows.Select((_, i) => (double)i)], [.. rows.Select(Text)]);
        figure.Plot.HideGrid();
        figure.Plot.Axes.SetLimits(-0.5, components.Length - 0.5, -0.5, rows.Length - 0.5);
        figure.Save(path);
    }

    private static void Label(Plot plot, int x, int y, double value, double most, bool isTooMany)
    {
        if (double.IsNaN(value) && !isTooMany)
            return;
        var text = plot.Add.Text(isTooMany ? "k > ℓ" : value.ToString("0.000", System.Globalization.CultureInfo.InvariantCulture), x, y);
        text.LabelAlignment = Alignment.MiddleCenter;
        text.LabelFontSize = 13;
        // Viridis is bright at its upper end.
        text.LabelFontColor = isTooMany || value > 0.6 * most ? Colors.Black : Colors.White;
    }

    private static string Text(int value) => value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

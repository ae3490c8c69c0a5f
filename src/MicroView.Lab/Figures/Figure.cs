using ScottPlot;
using ScottPlot.Plottables;

namespace MicroView.Lab;

/// <summary>A figure that is written as PNG and SVG. Colours are those of Okabe and Ito, which colour-blind readers can tell apart.</summary>
internal sealed class Figure
{
    private const int Scale = 2; // PNGs are read on dense screens and in print

    public static readonly Color Blue = Color.FromHex("#0072B2");
    public static readonly Color Orange = Color.FromHex("#E69F00");
    public static readonly Color Red = Color.FromHex("#D55E00");
    public static readonly Color Green = Color.FromHex("#009E73");
    public static readonly Color Grey = Color.FromHex("#999999");

    private readonly int _width;
    private readonly int _height;

    /// <summary>An empty figure of a size in logical pixels.</summary>
    public Figure(string title, string x, string y, int width = 900, int height = 420)
    {
        FigureFont.Register();
        (_width, _height) = (width, height);
        Plot = new Plot();
        Plot.Font.Set(FigureFont.Family);
        Plot.Title(title, 15);
        Plot.XLabel(x, 13);
        Plot.YLabel(y, 13);
        Plot.Grid.MajorLineColor = Color.FromHex("#E5E5E5");
        Plot.Axes.Title.Label.Bold = false;
        foreach (var axis in (IAxis[])[Plot.Axes.Bottom, Plot.Axes.Left])
        {
            axis.Label.Bold = false;
            axis.TickLabelStyle.FontSize = 12;
        }
    }

    public Plot Plot { get; }

    /// <summary>A line through points; never dashed, which the SVG writer cannot do.</summary>
    public Scatter Line(double[] x, double[] y, Color color) => Plot.Add.ScatterLine(x, y, color);

    /// <summary>Points without a line.</summary>
    public Scatter Dots(double[] x, double[] y, Color color) => Plot.Add.ScatterPoints(x, y, color);

    /// <summary>Writes <paramref name="path"/>.png and .svg; makes the folder.</summary>
    public void Save(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        Plot.ScaleFactor = Scale;
        Plot.SavePng(path + ".png", _width * Scale, _height * Scale);
        Plot.ScaleFactor = 1;
        Plot.SaveSvg(path + ".svg", _width, _height);
    }

    /// <summary>An axis of logarithms, labelled with the numbers themselves: give its values as logarithms to <paramref name="radix"/>.</summary>
    public static void UsePowers(IAxis axis, double radix)
    {
        ArgumentNullException.ThrowIfNull(axis);
        axis.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic
        {
            IntegerTicksOnly = true,
            LabelFormatter = power => Math.Pow(radix, power).ToString("#,0.####", System.Globalization.CultureInfo.InvariantCulture),
        };
    }

    /// <summary>Times on the x axis: give x values by <see cref="X"/>.</summary>
    public void UseTimeAxis() => Plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.DateTimeAutomatic
    {
        LabelFormatter = time => time.ToString(time.TimeOfDay == TimeSpan.Zero ? "MM-dd" : time.Second == 0 ? "HH:mm\nMM-dd" : "HH:mm:ss\nMM-dd", System.Globalization.CultureInfo.InvariantCulture),
    };

    /// <summary>The x value of a time.</summary>
    public static double X(long ns) => DateTime.UnixEpoch.AddTicks(ns / 100).ToOADate();
}

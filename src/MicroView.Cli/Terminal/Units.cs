using System.Globalization;

namespace MicroView.Cli;

/// <summary>Numbers as people read them.</summary>
internal static class Units
{
    public static string Bytes(double bytes) => bytes switch
    {
        double.NaN => "–",
        < 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes:0} B"),
        < 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024:0} K"),
        < 1024.0 * 1024 * 1024 => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024 * 1024):0.0} M"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024.0 * 1024 * 1024):0.00} G"),
    };

    public static string Cores(double cores) => double.IsNaN(cores) ? "–" : cores.ToString("0.000", CultureInfo.InvariantCulture);

    public static string Score(double score) => double.IsNaN(score) ? "–" : score.ToString(score >= 100 ? "0" : "0.00", CultureInfo.InvariantCulture);

    public static string Duration(TimeSpan time) => time.TotalMinutes < 1
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s")
        : time.TotalHours < 1
            ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes}:{time.Seconds:00} min")
            : string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalHours}:{time.Minutes:00} h");

    /// <summary>Cuts in the middle: both the program and the instance number matter.</summary>
    public static string Fit(string text, int width)
    {
        text = Printable(text);
        if (text.Length <= width || width < 5)
            return text.Length <= width ? text : text[..Math.Max(0, width)];
        var head = (width - 1) * 2 / 3;
        return string.Concat(text.AsSpan(0, head), "…", text.AsSpan(text.Length - (width - 1 - head)));
    }

    private static string Printable(string text) =>
        text.AsSpan().IndexOfAnyInRange('\0', '\u001f') < 0 ? text : new string([.. text.Select(letter => char.IsControl(letter) ? ' ' : letter)]);
}

using System.Globalization;

namespace MicroView.Cli;

/// <summary>Texts that carry a unit: durations and sizes.</summary>
internal static class Quantity
{
    /// <summary>Seconds, with an optional unit: 0.1, 100ms, 2s, 5m.</summary>
    public static bool TrySeconds(string text, out double seconds)
    {
        var (number, unit) = Split(text);
        var factor = unit switch { "" or "s" => 1, "us" => 1e-6, "ms" => 1e-3, "m" or "min" => 60, "h" => 3600, _ => double.NaN };
        seconds = number * factor;
        return double.IsFinite(seconds) && seconds >= 0;
    }

    /// <summary>Bytes, with an optional unit in powers of 1024: 65536, 64K, 64KiB, 1M, 1G.</summary>
    public static bool TryBytes(string text, out long bytes)
    {
        var (number, unit) = Split(text);
        var shift = unit.ToUpperInvariant() switch { "" or "B" => 0, "K" or "KB" or "KIB" => 10, "M" or "MB" or "MIB" => 20, "G" or "GB" or "GIB" => 30, _ => -1 };
        bytes = 0;
        if (shift < 0 || !double.IsFinite(number) || number < 0 || number * (1L << shift) > 1L << 50)
            return false;
        bytes = (long)(number * (1L << shift));
        return true;
    }

    private static (double Number, string Unit) Split(string text)
    {
        text = text.Trim();
        var end = text.Length;
        while (end > 0 && char.IsAsciiLetter(text[end - 1]))
            end--;
        return double.TryParse(text.AsSpan(0, end), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? (number, text[end..])
            : (double.NaN, "");
    }
}

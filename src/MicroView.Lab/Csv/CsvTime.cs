using System.Globalization;

namespace MicroView.Lab;

/// <summary>Times in tables: ISO 8601 (UTC unless it says otherwise), or a number since 1970 whose size tells its unit.</summary>
internal static class CsvTime
{
    private static readonly long EpochTicks = DateTime.UnixEpoch.Ticks;

    // A number is read in the unit in which it lies between the years 1973 and 5138.
    private const double Seconds = 1e11, Milliseconds = 1e14, Microseconds = 1e17;

    /// <summary>Nanoseconds since 1970.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long ns)
    {
        ns = 0;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole))
            return TryScale(whole, out ns);
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            return TryScale(number, out ns);
        const DateTimeStyles styles = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal | DateTimeStyles.AllowWhiteSpaces;
        if (text.Length < 8 || !DateTime.TryParse(text, CultureInfo.InvariantCulture, styles, out var time) || time.Year is < 1900 or > 2200)
            return false;
        ns = (time.Ticks - EpochTicks) * 100;
        return true;
    }

    /// <summary>The way times are written: ISO 8601 in UTC, with fractions only where there are any.</summary>
    public static string Format(long ns)
    {
        var time = DateTime.UnixEpoch.AddTicks(ns / 100);
        return time.ToString(time.Ticks % TimeSpan.TicksPerSecond == 0 ? "yyyy-MM-ddTHH:mm:ssZ" : "yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture);
    }

    private static bool TryScale(double number, out long ns)
    {
        var size = Math.Abs(number);
        var factor = size < Seconds ? 1e9 : size < Milliseconds ? 1e6 : size < Microseconds ? 1e3 : 1;
        ns = 0;
        if (!double.IsFinite(number) || size * factor > 7e18)
            return false;
        // In decimal: a double of nanoseconds would be off by a hundred of them.
        ns = (long)((decimal)number * (decimal)factor);
        return true;
    }

    private static bool TryScale(long number, out long ns)
    {
        var size = Math.Abs((double)number);
        long factor = size < Seconds ? 1_000_000_000 : size < Milliseconds ? 1_000_000 : size < Microseconds ? 1_000 : 1;
        ns = size * factor > 7e18 ? 0 : number * factor;
        return size * factor <= 7e18;
    }
}

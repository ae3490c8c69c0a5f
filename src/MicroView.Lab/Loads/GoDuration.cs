using System.Globalization;

namespace MicroView.Lab;

/// <summary>Durations as the artifact's files write them: 3m, 1h30m, 90s, 500ms; a bare number is seconds.</summary>
internal static class GoDuration
{
    private static readonly (string Unit, double Seconds)[] Units = [("ms", 1e-3), ("us", 1e-6), ("µs", 1e-6), ("ns", 1e-9), ("h", 3600), ("m", 60), ("s", 1)];

    public static bool TryParse(string? text, out double seconds)
    {
        seconds = 0;
        var rest = (text ?? "").Trim().AsSpan();
        if (rest.IsEmpty)
            return false;
        if (double.TryParse(rest, NumberStyles.Float, CultureInfo.InvariantCulture, out seconds))
            return double.IsFinite(seconds) && seconds >= 0;
        for (seconds = 0; !rest.IsEmpty;)
        {
            var digits = 0;
            while (digits < rest.Length && (char.IsAsciiDigit(rest[digits]) || rest[digits] == '.'))
                digits++;
            if (!double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                return false;
            rest = rest[digits..].TrimStart();
            var (unit, factor) = Find(rest);
            if (unit is null)
                return false;
            seconds += number * factor;
            rest = rest[unit.Length..].TrimStart();
        }
        return true;
    }

    private static (string? Unit, double Seconds) Find(ReadOnlySpan<char> text)
    {
        foreach (var unit in Units)
            if (text.StartsWith(unit.Unit, StringComparison.Ordinal))
                return unit;
        return default;
    }
}

using System.Buffers.Text;
using System.Globalization;

namespace MicroView.Host;

/// <summary>Numbers of the exposition formats. Pure functions that allocate nothing.</summary>
internal static class SampleValue
{
    private const ulong ExactMantissa = 1UL << 53;
    private static readonly double[] PowersOfTen =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

    /// <summary>A sample's value: decimal, NaN, Inf, +Inf, -Inf in any case. False for anything else, and for what no double can hold.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, out double value)
    {
        var at = text.Length > 0 && text[0] is (byte)'-' or (byte)'+' ? 1 : 0;
        var negative = at == 1 && text[0] == (byte)'-';
        ulong mantissa = 0;
        int digits = 0, scale = 0;
        for (; at < text.Length && char.IsAsciiDigit((char)text[at]); at++, digits++)
            mantissa = unchecked(mantissa * 10 + (ulong)(text[at] - '0'));
        if (at < text.Length && text[at] == (byte)'.')
            for (at++; at < text.Length && char.IsAsciiDigit((char)text[at]); at++, digits++, scale--)
                mantissa = unchecked(mantissa * 10 + (ulong)(text[at] - '0'));
        // 19 digits always fit 64 bits; the cast and one operation are then exact or correctly rounded (Clinger's fast path).
        if (digits is 0 or > 19 || mantissa > ExactMantissa || (at < text.Length && !TryExponent(text[at..], ref scale)) || scale is < -22 or > 22)
            return TryOdd(text, out value);
        value = scale < 0 ? mantissa / PowersOfTen[-scale] : mantissa * PowersOfTen[scale];
        if (negative)
            value = -value;
        return true;
    }

    /// <summary>A timestamp in ms: an integer of text 0.0.4, or decimal seconds of OpenMetrics.</summary>
    internal static bool TryTime(ReadOnlySpan<byte> text, bool openMetrics, out double milliseconds)
    {
        if (openMetrics)
        {
            var valid = TryParse(text, out milliseconds) && double.IsFinite(milliseconds);
            milliseconds *= 1000;
            return valid;
        }
        var whole = Utf8Parser.TryParse(text, out long number, out var used) && used == text.Length;
        milliseconds = number;
        return whole;
    }

    private static bool TryExponent(ReadOnlySpan<byte> text, ref int scale)
    {
        var digits = text.Length > 1 && text[1] is (byte)'+' or (byte)'-' ? 2 : 1;
        if ((text[0] | 0x20) != 'e' || text.Length <= digits || text.Length > digits + 3)
            return false;
        var exponent = 0;
        foreach (var c in text[digits..])
        {
            if (!char.IsAsciiDigit((char)c))
                return false;
            exponent = exponent * 10 + (c - '0');
        }
        scale += text[1] == (byte)'-' ? -exponent : exponent;
        return true;
    }

    private static bool TryOdd(ReadOnlySpan<byte> text, out double value)
    {
        value = double.NaN;
        var sign = text.Length > 0 && text[0] is (byte)'-' or (byte)'+' ? 1 : 0;
        var word = text[sign..];
        if (Is(word, "inf"u8) || Is(word, "infinity"u8))
            value = text[0] == (byte)'-' ? double.NegativeInfinity : double.PositiveInfinity;
        else if (Is(text, "nan"u8))
            return true;
        else if (word.Length == 0 || !(char.IsAsciiDigit((char)word[0]) || word[0] == (byte)'.'))
            return false;
        else if (!double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value))
            return false;
        else
            return double.IsFinite(value);
        return true;
    }

    private static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> word)
    {
        if (text.Length != word.Length)
            return false;
        for (var i = 0; i < text.Length; i++)
            if ((text[i] | 0x20) != word[i])
                return false;
        return true;
    }
}

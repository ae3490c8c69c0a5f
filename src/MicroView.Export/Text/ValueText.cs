using System.Buffers;
using System.Buffers.Text;

namespace MicroView.Export;

/// <summary>
/// The shortest decimal text of a double that reads back to the same bits, as Go's ParseFloat (Prometheus) takes it. Pure; no allocation.
/// </summary>
public static class ValueText
{
    /// <summary>No value is longer: <c>-2.2250738585072014E-308</c>.</summary>
    public const int MaxLength = 24;

    // Every integer below 2^53 is a double.
    private const double ExactIntegers = 9007199254740992;

    /// <summary>Writes <paramref name="value"/> in UTF-8 and returns the number of bytes.</summary>
    /// <param name="value">Any double; NaN, +Inf and -Inf are written as Prometheus does.</param>
    /// <param name="destination">At least <see cref="MaxLength"/> bytes.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than that.</exception>
    public static int Format(double value, Span<byte> destination)
    {
        if (destination.Length < MaxLength)
            throw new ArgumentException($"A value needs {MaxLength} bytes, not {destination.Length}.", nameof(destination));
        if (Math.Abs(value) < ExactIntegers && value == (long)value)
        {
            // The integer 0 has lost the sign of -0.
            if (value == 0 && double.IsNegative(value)) return Put("-0"u8, destination);
            Utf8Formatter.TryFormat((long)value, destination, out var written);
            return written;
        }
        var length = FormatDecimal(value, destination);
        return length > 0 ? length : FormatAny(value, destination);
    }

    private static int FormatAny(double value, Span<byte> destination)
    {
        if (double.IsNaN(value)) return Put("NaN"u8, destination);
        if (double.IsInfinity(value)) return Put(value > 0 ? "+Inf"u8 : "-Inf"u8, destination);
        var (mantissa, exponent) = ShortestDecimal.Of(BitConverter.DoubleToInt64Bits(value));
        while (mantissa % 10 == 0) (mantissa, exponent) = (mantissa / 10, exponent + 1);
        var sign = value < 0 ? 1 : 0;
        destination[0] = (byte)'-';
        return sign + PutNumber(mantissa, exponent, destination[sign..]);
    }

    private static int PutNumber(ulong mantissa, int exponent, Span<byte> destination)
    {
        // One byte is left free before the digits for what moves in front of the point.
        Utf8Formatter.TryFormat(mantissa, destination[1..], out var digits);
        var point = digits + exponent;
        if (exponent < 0 && point > 0)
        {
            destination.Slice(1, point).CopyTo(destination);
            destination[point] = (byte)'.';
            return digits + 1;
        }
        if (exponent < 0 && point > -5)
        {
            // "0." and the zeros: with 17 digits and the sign exactly MaxLength.
            destination.Slice(1, digits).CopyTo(destination[(2 - point)..]);
            destination[..(2 - point)].Fill((byte)'0');
            destination[1] = (byte)'.';
            return 2 - point + digits;
        }
        destination[0] = destination[1];
        destination[1] = (byte)'.';
        var at = digits > 1 ? digits + 1 : 1;
        destination[at++] = (byte)'E';
        destination[at++] = (byte)(point > 0 ? '+' : '-');
        Utf8Formatter.TryFormat(Math.Abs(point - 1), destination[at..], out var written, new StandardFormat('D', 2));
        return at + written;
    }

    /// <summary>
    /// Values that are m / 10^s with m below 10^15; 0 for all others. Both operands are exact, so IEEE division gives the double nearest to
    /// that decimal: equality proves that the text reads back. Decimals of up to 15 digits all map to different doubles, so no
    /// shorter one reads back as well: without trailing zeros m is the shortest.
    /// </summary>
    private static int FormatDecimal(double value, Span<byte> destination)
    {
        var magnitude = Math.Abs(value);
        ulong whole, fraction;
        int digits;
        if (magnitude < 1e6)
        {
            var scaled = Math.Round(magnitude * 1e9);
            if (scaled / 1e9 != magnitude) return 0;
            (whole, fraction) = Math.DivRem((ulong)scaled, 1_000_000_000);
            digits = 9;
        }
        else if (magnitude < 1e9)
        {
            var scaled = Math.Round(magnitude * 1e6);
            if (scaled / 1e6 != magnitude) return 0;
            (whole, fraction) = Math.DivRem((ulong)scaled, 1_000_000);
            digits = 6;
        }
        else
        {
            return 0;
        }
        var at = 0;
        if (value < 0) destination[at++] = (byte)'-';
        Utf8Formatter.TryFormat(whole, destination[at..], out var written);
        at += written;
        destination[at++] = (byte)'.';
        return at + PutFraction((uint)fraction, digits, destination[at..]);
    }

    private static int PutFraction(uint fraction, int digits, Span<byte> destination)
    {
        while (fraction % 1000 == 0) (fraction, digits) = (fraction / 1000, digits - 3);
        while (fraction % 10 == 0) (fraction, digits) = (fraction / 10, digits - 1);
        for (var i = digits - 1; i >= 0; i--)
        {
            var rest = fraction / 10;
            destination[i] = (byte)('0' + (fraction - rest * 10));
            fraction = rest;
        }
        return digits;
    }

    private static int Put(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        text.CopyTo(destination);
        return text.Length;
    }
}

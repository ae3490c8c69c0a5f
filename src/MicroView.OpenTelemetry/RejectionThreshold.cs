using System.Buffers;
using System.Globalization;
using System.Numerics;

namespace MicroView.OpenTelemetry;

/// <summary>
/// The threshold of consistent probability sampling: a trace whose randomness (56 bits) is below it is rejected. Source: OpenTelemetry's specification,
/// "TraceState: Probability Sampling".
/// </summary>
internal readonly record struct RejectionThreshold
{
    private const int Bits = 56, Digits = Bits / 4;
    private const int Precision = 5; // hexadecimal digits behind the leading f's: 1 % is fd70a4

    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789abcdef");

    private RejectionThreshold(ulong value) => Value = value;

    /// <summary>Randomness below this is rejected; 2⁵⁶: all of it is.</summary>
    public ulong Value { get; }

    /// <summary>True when a trace of this randomness is kept.</summary>
    public bool Keeps(ulong randomness) => randomness >= Value;

    /// <summary>As in tracestate: hexadecimal without trailing zeros. Not for the threshold that rejects everything.</summary>
    public string Text => Value == 0 ? "0" : Value.ToString("x14", CultureInfo.InvariantCulture).TrimEnd('0');

    /// <summary>The threshold of a probability, rounded to what <see cref="Text"/> says: whoever reads that decides the same.</summary>
    /// <param name="probability">0…1; NaN and less count as 0.</param>
    public static RejectionThreshold Of(double probability)
    {
        if (!(probability > 0))
            return new(1UL << Bits);
        var kept = (ulong)(Math.Min(probability, 1) * (1UL << Bits));
        if (kept == 0)
            return new(1UL << Bits);
        var rejected = (1UL << Bits) - kept;
        // The more f's lead, the less the digits after them would tell.
        var leading = (BitOperations.LeadingZeroCount(kept) - (64 - Bits)) / 4;
        var digits = Math.Min(Precision + leading, Digits - 1);
        var unit = 1UL << (4 * (Digits - digits));
        var rounded = (rejected + unit / 2) & ~(unit - 1);
        return new(rounded >= 1UL << Bits ? rejected : rounded);
    }

    /// <summary>Reads what stands in tracestate: 1 to 14 hexadecimal digits, to be filled up with zeros.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out RejectionThreshold threshold)
    {
        var valid = TryParseHex(text, out var value);
        threshold = new(valid ? value << (4 * (Digits - text.Length)) : 0);
        return valid;
    }

    /// <summary>Reads an explicit randomness: exactly 14 hexadecimal digits.</summary>
    public static bool TryParseRandomness(ReadOnlySpan<char> text, out ulong randomness)
    {
        randomness = 0;
        return text.Length == Digits && TryParseHex(text, out randomness);
    }

    /// <summary>Lower-case digits alone, as the specification writes them.</summary>
    private static bool TryParseHex(ReadOnlySpan<char> text, out ulong value)
    {
        value = 0;
        return text.Length is >= 1 and <= Digits && text.IndexOfAnyExcept(s_digits) < 0
            && ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}

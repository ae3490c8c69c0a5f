using System.Diagnostics;
using System.Runtime.InteropServices;

namespace MicroView.OpenTelemetry;

/// <summary>The randomness of a trace that brings none of its own: the last seven bytes of its id (W3C Trace Context, level 2).</summary>
internal static class TraceRandomness
{
    private const ulong Mask = (1UL << 56) - 1;

    /// <summary>56 bits. The id is text inside, and its last 16 digits are taken four at a time.</summary>
    public static ulong Of(ActivityTraceId traceId)
    {
        var digits = MemoryMarshal.Cast<char, ulong>(traceId.ToHexString().AsSpan(16, 16));
        return (Four(digits[0]) << 48 | Four(digits[1]) << 32 | Four(digits[2]) << 16 | Four(digits[3])) & Mask;
    }

    /// <summary>Four UTF-16 hexadecimal digits, the first in the lowest 16 bits, as the 16 bits that they say.</summary>
    private static ulong Four(ulong characters)
    {
        // '0'…'9' are 0x30 and on, 'a'…'f' 0x61 and on: a letter has bit 6 set, and is 9 more than its low four bits.
        var values = (characters & 0x000F_000F_000F_000F) + 9 * ((characters >> 6) & 0x0001_0001_0001_0001);
        // Each digit moves to its place in the highest 16 bits; what else the product holds stays below them.
        return (values * (1UL << 60 | 1UL << 40 | 1UL << 20 | 1)) >> 48;
    }
}

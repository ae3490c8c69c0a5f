using System.Numerics;

namespace MicroView.Export;

/// <summary>
/// The shortest decimal m × 10^e that reads back to a double, and of the shortest the nearest. R. Giulietti, "The Schubfach way to render
/// doubles" (2020), in the 128-bit form: a fraction of the time of the runtime's formatter.
/// </summary>
internal static class ShortestDecimal
{
    private const int MinPower = -292;
    private const int MaxPower = 324;
    private const ulong HiddenBit = 1UL << 52;

    private static readonly UInt128[] Powers = ComputePowers();

    /// <param name="bits">Bits of a finite, non-zero double; the sign is ignored.</param>
    public static (ulong Mantissa, int Exponent) Of(long bits)
    {
        var fraction = (ulong)bits & (HiddenBit - 1);
        var biased = (int)((ulong)bits >> 52) & 0x7ff;
        var (c, q) = biased == 0 ? (fraction, 1 - 1075) : (fraction | HiddenBit, biased - 1075);
        // Below a power of two the neighbour is half as far away.
        var closer = fraction == 0 && biased > 1 ? 1 : 0;
        var open = c & 1;

        var k = (q * 1262611 - closer * 524031) >> 22;
        var h = q + ((-k * 1741647) >> 19) + 1;
        var power = Powers[-k - MinPower];
        var lower = RoundToOdd(power, (4 * c - 2 + (ulong)closer) << h) + open;
        var middle = RoundToOdd(power, (4 * c) << h);
        var upper = RoundToOdd(power, (4 * c + 2) << h) - open;
        return Choose(lower, middle, upper, k);
    }

    /// <summary>Of the neighbours with one digit less, then of those at full length, the one inside the bounds, which are times four.</summary>
    private static (ulong, int) Choose(ulong lower, ulong middle, ulong upper, int k)
    {
        var s = middle / 4;
        if (s >= 10)
        {
            var tens = s / 10;
            var down = lower <= 40 * tens;
            var up = 40 * tens + 40 <= upper;
            if (down != up) return (up ? tens + 1 : tens, k + 1);
        }
        var floor = lower <= 4 * s;
        var ceiling = 4 * s + 4 <= upper;
        if (floor != ceiling) return (ceiling ? s + 1 : s, k);
        var half = 4 * s + 2;
        return (middle > half || (middle == half && (s & 1) != 0) ? s + 1 : s, k);
    }

    /// <summary>The high 64 bits of the product, the lowest of them set when anything below was not zero.</summary>
    private static ulong RoundToOdd(UInt128 power, ulong factor)
    {
        var carry = Math.BigMul((ulong)power, factor, out _);
        var high = Math.BigMul((ulong)(power >> 64), factor, out var low);
        low += carry;
        if (low < carry) high++;
        return low > 1 ? high | 1 : high;
    }

    /// <summary>Powers of ten, scaled to 128 bits and rounded up.</summary>
    private static UInt128[] ComputePowers()
    {
        var powers = new UInt128[MaxPower - MinPower + 1];
        for (var power = MinPower; power <= MaxPower; power++)
        {
            var shift = 127 - ((power * 1741647) >> 19);
            var numerator = BigInteger.Pow(10, Math.Max(power, 0)) << Math.Max(shift, 0);
            var denominator = BigInteger.Pow(10, Math.Max(-power, 0)) << Math.Max(-shift, 0);
            powers[power - MinPower] = (UInt128)((numerator + denominator - 1) / denominator);
        }
        return powers;
    }
}

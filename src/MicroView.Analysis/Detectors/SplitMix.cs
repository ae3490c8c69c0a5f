namespace MicroView.Analysis;

/// <summary>SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): randomness for a detector at eight bytes of state per pod.</summary>
internal static class SplitMix
{
    /// <summary>The next number in [0, 1); <paramref name="state"/> moves on.</summary>
    public static double NextUniform(ref ulong state)
    {
        var x = state += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return ((x ^ (x >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}

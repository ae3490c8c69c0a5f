using System.Globalization;

namespace MicroView.Conformance;

/// <summary>A page source does not do what every page source must; the message says what.</summary>
public sealed class NotConformingException(string message) : Exception(message);

/// <summary>Expectations of a case: the cases run under a test framework and without one.</summary>
public static class Expect
{
    public static void Equal<T>(T expected, T actual, string what)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
            throw new NotConformingException(string.Create(CultureInfo.InvariantCulture, $"{what}: {actual}, but expected {expected}"));
    }

    public static void True(bool condition, string what)
    {
        if (!condition)
            throw new NotConformingException("not so: " + what);
    }

    /// <summary>Equal to the last bit, which NaN and -0 are not by value.</summary>
    public static void Bits(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, string what)
    {
        Equal(expected.Length, actual.Length, what);
        for (var i = 0; i < expected.Length; i++)
        {
            var (wanted, got) = (BitConverter.DoubleToUInt64Bits(expected[i]), BitConverter.DoubleToUInt64Bits(actual[i]));
            if (wanted != got)
                throw new NotConformingException($"{what}: slot {i} holds {actual[i]:R} (0x{got:x16}), but expected {expected[i]:R} (0x{wanted:x16})");
        }
    }
}

using System.Globalization;
using System.Text;
using CsCheck;

namespace MicroView.Export.Tests;

public sealed class ValueTextTests
{
    private static string Format(double value)
    {
        Span<byte> text = stackalloc byte[ValueText.MaxLength];
        return Encoding.ASCII.GetString(text[..ValueText.Format(value, text)]);
    }

    private static string Shortest(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(0.0, "0")]
    [InlineData(-0.0, "-0")]
    [InlineData(1.0, "1")]
    [InlineData(-42.0, "-42")]
    [InlineData(0.1, "0.1")]
    [InlineData(-0.0001, "-0.0001")]
    [InlineData(999999.999999999, "999999.999999999")]
    [InlineData(1000000.5, "1000000.5")]
    [InlineData(123456789.5, "123456789.5")]
    [InlineData(9007199254740991, "9007199254740991")]
    [InlineData(9007199254740992, "9.007199254740992E+15")]
    [InlineData(-0.000012345678901234567, "-0.000012345678901234568")]
    [InlineData(-0.0000012345678901234567, "-1.2345678901234567E-06")]
    [InlineData(1.0 / (1 << 25), "2.9802322387695312E-08")]
    [InlineData(-0.00012345678901234567, "-0.00012345678901234567")]
    [InlineData(123.45678901234567, "123.45678901234567")]
    [InlineData(1e15, "1000000000000000")]
    [InlineData(1e22, "1E+22")]
    [InlineData(0.1 + 0.2, "0.30000000000000004")]
    [InlineData(1e-9, "0.000000001")]
    [InlineData(double.Epsilon, "5E-324")]
    [InlineData(-2.2250738585072014E-308, "-2.2250738585072014E-308")]
    [InlineData(double.MaxValue, "1.7976931348623157E+308")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    public void Known_values(double value, string text)
    {
        Assert.Equal(text, Format(value));
    }

    [Fact]
    public void Any_bits_read_back_to_the_same_bits()
    {
        Gen.Long.Select(BitConverter.Int64BitsToDouble).Sample(IsShortest, iter: 500_000);
    }

    [Fact]
    public void Powers_of_two_and_their_neighbours_are_shortest()
    {
        for (var exponent = -1074; exponent <= 1023; exponent++)
        {
            var power = Math.ScaleB(1, exponent);
            IsShortest(Math.BitDecrement(power));
            IsShortest(power);
            IsShortest(-Math.BitIncrement(power));
        }
    }

    [Fact]
    public void Decimals_of_few_digits_read_back_and_are_the_shortest()
    {
        Gen.Select(Gen.Long[-999_999_999_999_999, 999_999_999_999_999], Gen.Int[0, 12], Gen.Int[0, 14])
            .Select((mantissa, scale, cut) => (double)(mantissa / (long)Math.Pow(10, cut)) / Math.Pow(10, scale))
            .Sample(IsShortest, iter: 300_000);
    }

    [Fact]
    public void Every_value_of_four_digits_is_exact()
    {
        for (var mantissa = 1; mantissa <= 9999; mantissa++)
            for (var scale = 0; scale <= 8; scale++)
                IsShortest(mantissa / Math.Pow(10, scale));
    }

    [Fact]
    public void Neighbours_of_decimals_are_not_taken_for_them()
    {
        Gen.Select(Gen.Int[1, 999_999], Gen.Int[1, 6], Gen.Bool)
            .Select((mantissa, scale, up) => (Decimal: mantissa / Math.Pow(10, scale), Up: up))
            .Select(v => v.Up ? Math.BitIncrement(v.Decimal) : Math.BitDecrement(v.Decimal))
            .Sample(IsShortest, iter: 200_000);
    }

    [Fact]
    public void A_short_destination_is_refused()
    {
        Assert.Throws<ArgumentException>(() => ValueText.Format(1, new byte[ValueText.MaxLength - 1]));
    }

    private static void RoundTrips(double value)
    {
        var text = Format(value);
        if (double.IsNaN(value))
        {
            Assert.Equal("NaN", text);
            return;
        }
        if (double.IsInfinity(value)) return;
        var back = double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
        Assert.True(BitConverter.DoubleToInt64Bits(back) == BitConverter.DoubleToInt64Bits(value), $"{Shortest(value)} became {text}");
    }

    /// <summary>The same significant digits as the runtime's shortest text, be it written with an exponent or without.</summary>
    private static void IsShortest(double value)
    {
        RoundTrips(value);
        // The runtime's text of 2^-25 and 2^-958 is one digit too short to read back: nothing to compare with.
        if (!double.IsFinite(value) || double.Parse(Shortest(value), CultureInfo.InvariantCulture) != value) return;
        Assert.Equal(Digits(Shortest(value)), Digits(Format(value)));
    }

    private static string Digits(string text)
    {
        var mantissa = text.Split('E')[0].TrimStart('-');
        if (mantissa.Contains('.')) mantissa = mantissa.TrimEnd('0');
        return mantissa.Replace(".", "", StringComparison.Ordinal).TrimStart('0').TrimEnd('0');
    }
}

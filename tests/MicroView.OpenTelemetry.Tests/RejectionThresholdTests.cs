using System.Diagnostics;
using System.Globalization;
using CsCheck;

namespace MicroView.OpenTelemetry.Tests;

public sealed class RejectionThresholdTests
{
    /// <summary>The specification's own table, at five digits of precision.</summary>
    [Theory]
    [InlineData(1, "0")]
    [InlineData(0.5, "8")]
    [InlineData(1 / 3.0, "aaaab")]
    [InlineData(0.25, "c")]
    [InlineData(0.2, "ccccd")]
    [InlineData(0.125, "e")]
    [InlineData(0.1, "e6666")]
    [InlineData(0.0625, "f")]
    [InlineData(0.01, "fd70a4")]
    [InlineData(0.001, "ffbe76d")]
    [InlineData(0.0001, "fff97247")]
    [InlineData(0.00001, "ffff583a5")]
    [InlineData(0.000001, "ffffef391")]
    public void Probabilities_are_written_as_the_specification_writes_them(double probability, string text) =>
        Assert.Equal(text, RejectionThreshold.Of(probability).Text);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(double.NaN)]
    public void Nothing_is_kept_at_zero(double probability) => Assert.False(RejectionThreshold.Of(probability).Keeps((1UL << 56) - 1));

    [Fact]
    public void Everything_is_kept_at_one() => Assert.True(RejectionThreshold.Of(1).Keeps(0));

    [Fact]
    public void Whoever_reads_a_threshold_decides_as_the_one_who_wrote_it() =>
        Gen.Select(Gen.Double[1e-12, 1], Gen.ULong[0, (1UL << 56) - 1]).Sample((probability, randomness) =>
        {
            var written = RejectionThreshold.Of(probability);
            Assert.True(RejectionThreshold.TryParse(written.Text, out var read));
            Assert.Equal(written, read);
            Assert.Equal(written.Keeps(randomness), read.Keeps(randomness));
            Assert.InRange((Math.Pow(2, 56) - written.Value) / Math.Pow(2, 56) / probability, 0.9999, 1.0001);
        });

    [Fact]
    public void A_smaller_probability_keeps_no_trace_that_a_larger_one_drops() =>
        Gen.Select(Gen.Double[0, 1], Gen.Double[0, 1], Gen.ULong[0, (1UL << 56) - 1]).Sample((a, b, randomness) =>
            !RejectionThreshold.Of(Math.Min(a, b)).Keeps(randomness) || RejectionThreshold.Of(Math.Max(a, b)).Keeps(randomness));

    [Theory]
    [InlineData("")]
    [InlineData("fd70a4fd70a4fd7")]
    [InlineData("FD70A4")]
    [InlineData("xyz")]
    [InlineData("-1")]
    [InlineData(" 8")]
    public void What_is_no_threshold_is_not_taken_for_one(string text) => Assert.False(RejectionThreshold.TryParse(text, out _));

    [Fact]
    public void The_randomness_of_a_trace_is_the_last_seven_bytes_of_its_id() =>
        Gen.Byte.Array[16].Sample(bytes =>
        {
            var id = ActivityTraceId.CreateFromBytes(bytes);
            var expected = ulong.Parse(id.ToHexString().AsSpan(18), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            Assert.Equal(expected, TraceRandomness.Of(id));
        });
}

using MicroView.Cli;

namespace MicroView.EndToEnd.Tests;

public sealed class QuantityTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("0.1", 0.1)]
    [InlineData("100ms", 0.1)]
    [InlineData("250us", 0.00025)]
    [InlineData("2s", 2)]
    [InlineData("5m", 300)]
    [InlineData("1h", 3600)]
    public void Durations_are_seconds_unless_they_carry_a_unit(string text, double seconds)
    {
        Assert.True(Quantity.TrySeconds(text, out var value));
        Assert.Equal(seconds, value, 9);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("nan")]
    [InlineData("1e400")]
    [InlineData("1 parsec")]
    [InlineData("ms")]
    public void What_is_not_a_duration_is_refused(string text) => Assert.False(Quantity.TrySeconds(text, out _));

    [Theory]
    [InlineData("4096", 4096)]
    [InlineData("64K", 65536)]
    [InlineData("64KiB", 65536)]
    [InlineData("1m", 1048576)]
    [InlineData("1GB", 1073741824)]
    public void Sizes_are_bytes_unless_they_carry_a_unit(string text, long bytes)
    {
        Assert.True(Quantity.TryBytes(text, out var value));
        Assert.Equal(bytes, value);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1T")]
    [InlineData("9999999999999999999G")]
    [InlineData("NaN")]
    public void What_is_not_a_size_is_refused(string text) => Assert.False(Quantity.TryBytes(text, out _));
}

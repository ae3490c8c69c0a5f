namespace MicroView.Lab.Tests;

public sealed class CsvTimeTests
{
    private const long Expected = 1_661_140_279_000_000_000;

    [Theory]
    [InlineData("2022-08-22T03:51:19Z")]
    [InlineData("2022-08-22 03:51:19")]
    [InlineData("2022-08-22T05:51:19+02:00")]
    [InlineData("1661140279")]
    [InlineData("1661140279000")]
    [InlineData("1661140279000000")]
    [InlineData("1661140279000000000")]
    [InlineData("1661140279.0")]
    public void A_time_is_read_in_any_of_the_usual_ways(string text)
    {
        Assert.True(CsvTime.TryParse(text, out var time));
        Assert.Equal(Expected, time);
    }

    [Fact]
    public void Fractions_of_seconds_are_exact()
    {
        Assert.True(CsvTime.TryParse("1661140279.125", out var time));
        Assert.Equal(Expected + 125_000_000, time);
        Assert.Equal("2022-08-22T03:51:19.1250000Z", CsvTime.Format(time));
    }

    [Theory]
    [InlineData("")]
    [InlineData("yesterday")]
    [InlineData("1e300")]
    public void What_is_no_time_is_refused(string text) => Assert.False(CsvTime.TryParse(text, out _));

    [Fact]
    public void What_is_written_is_read_again()
    {
        Assert.True(CsvTime.TryParse(CsvTime.Format(Expected), out var time));
        Assert.Equal(Expected, time);
    }
}

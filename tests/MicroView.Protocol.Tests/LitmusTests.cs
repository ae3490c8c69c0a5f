namespace MicroView.Protocol.Tests;

public sealed class LitmusTests
{
    private static readonly TimeSpan Time = TimeSpan.FromMilliseconds(600);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rows_tear_without_the_row_clock_and_never_under_it(bool mapped)
    {
        var blind = Litmus.IgnoringTheSequence(Time);
        var obedient = Litmus.ObeyingTheSequence(Time, mapped);
        Assert.Equal(0, obedient.Torn);
        if (blind.Torn == 0)
            Assert.Skip($"inconclusive: not one of {blind.Reads} rows tore even without the row clock; the machine gave the threads no overlap");
        if (obedient.Reads < Litmus.WantedReads)
            Assert.Skip($"inconclusive: only {obedient.Reads} rows were read under the row clock");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Eight_byte_elements_never_tear_in_live_rows(bool mapped)
    {
        var seen = Litmus.LiveElements(Time, mapped);
        Assert.Equal(0, seen.Torn);
        Assert.True(seen.Reads > 0);
    }
}

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

    /// <summary>
    /// A reader's own copies are made in rising order; a device may make its copies in any. In an order in which the stamps are of no use,
    /// they alone let torn rows through.
    /// </summary>
    [Theory]
    [InlineData(CopyOrder.Mapped, CopyTrust.Blind)]
    [InlineData(CopyOrder.Positional, CopyTrust.Blind)]
    [InlineData(CopyOrder.Falling, CopyTrust.Blind)]
    [InlineData(CopyOrder.EndsFirst, CopyTrust.Stamps)]
    [InlineData(CopyOrder.Shuffled, CopyTrust.Stamps)]
    public void A_row_copied_once_passes_torn_without_the_check_and_never_with_it(CopyOrder order, CopyTrust without)
    {
        var trusting = Litmus.CopyingOnce(Time, order, without);
        var checking = Litmus.CopyingOnce(Time, order, CopyTrust.Check);
        Assert.Equal(0, checking.Torn);
        if (trusting.Torn == 0)
            Assert.Skip($"inconclusive: not one of {trusting.Reads} copies was torn even without the check; the machine gave the threads no overlap");
        if (checking.Reads < Litmus.WantedReads)
            Assert.Skip($"inconclusive: only {checking.Reads} rows passed the check");
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

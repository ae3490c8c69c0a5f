using MicroView.Protocol;

namespace MicroView.Collector.Tests;

public sealed class TraceRateTests
{
    private const long Millisecond = 1_000_000;

    [Fact]
    public void A_word_is_due_when_it_changes_and_again_before_a_second_is_over()
    {
        var word = new RateWord();
        Assert.False(word.TryNext(0, out _)); // there is no term
        word.Set(0.5, term: 9);
        Assert.True(word.TryNext(Millisecond, out var first));
        Assert.Equal(((ushort)9, 0.5), (first.Term, Math.Round(first.Rate, 6)));
        Assert.False(word.TryNext(300 * Millisecond, out _));
        Assert.True(word.TryNext(500 * Millisecond, out var again));
        Assert.NotEqual(first.Sequence, again.Sequence);
        word.Change(1);
        Assert.True(word.TryNext(501 * Millisecond, out var changed));
        Assert.Equal(((ushort)9, 1.0), (changed.Term, changed.Rate));
        word.Clear();
        Assert.False(word.TryNext(5000 * Millisecond, out _));
        word.Change(0.1); // nothing to change: the term is gone
        Assert.False(word.TryNext(5001 * Millisecond, out _));
    }

    [Fact]
    public async Task A_pods_own_rate_goes_before_that_of_all()
    {
        var rates = new TraceRates();
        Assert.Null(rates.Of("a"));
        rates.Want(null, 0.1);
        rates.Want("a", 1);
        Assert.Equal((1.0, 0.1), (rates.Of("a"), rates.Of("b")));
        await rates.WaitAsync(TimeSpan.FromMinutes(10), TestContext.Current.CancellationToken); // there was a change
        var waiting = rates.WaitAsync(TimeSpan.FromMinutes(10), TestContext.Current.CancellationToken);
        Assert.False(waiting.IsCompleted);
        rates.Want("a", null);
        await waiting;
        Assert.Equal(0.1, rates.Of("a"));
        Assert.Throws<ArgumentOutOfRangeException>(() => rates.Want("a", 1.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => rates.Want("a", double.NaN));
    }
}

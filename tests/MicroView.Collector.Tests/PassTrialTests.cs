namespace MicroView.Collector.Tests;

public sealed class PassTrialTests
{
    private const long Second = 1_000_000_000;

    [Theory]
    [InlineData(900, 1000, true)]
    [InlineData(1000, 900, false)]
    public void Keeps_to_what_was_faster_whatever_disturbed_it(long with, long without, bool expected)
    {
        var trial = new PassTrial();
        var random = new Random(1);
        var (withs, now) = (0, 0L);
        for (var pass = 0; pass < PassTrial.Passes; pass++)
        {
            var isWith = trial.Begin(now, () => now);
            withs += isWith ? 1 : 0;
            // Every other pass has more to do, and some are interrupted.
            now += (isWith ? with : without) + pass % 2 * 5000 + (random.Next(3) == 0 ? 100_000 : 0);
            trial.End(now);
        }
        Assert.Equal(PassTrial.Passes / 2, withs);
        Assert.False(trial.IsOn);
        Assert.Equal(expected, trial.Begin(now + Second, () => throw new InvalidOperationException("the clock is not needed")));
    }

    [Fact]
    public void Tries_again_after_ten_seconds()
    {
        var trial = new PassTrial();
        Run(1000, 900, 0);
        Assert.False(trial.Begin(9 * Second, () => 0));
        Run(900, 1000, 11 * Second);
        Assert.True(trial.Begin(20 * Second, () => 0));

        void Run(long with, long without, long now)
        {
            do
            {
                var isWith = trial.Begin(now, () => now);
                now += isWith ? with : without;
                trial.End(now);
            }
            while (trial.IsOn);
        }
    }
}

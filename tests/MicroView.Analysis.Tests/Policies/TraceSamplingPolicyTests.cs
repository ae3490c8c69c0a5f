using CsCheck;

namespace MicroView.Analysis.Tests;

public sealed class TraceSamplingPolicyTests
{
    private const long Second = 1_000_000_000;
    private static readonly TraceSamplingOptions Options = new() { BaseRate = 0.02, AlarmRate = 0.9, HoldSeconds = 10 };

    [Fact]
    public void An_alarm_raises_its_application_until_the_hold_time_after_it_is_over()
    {
        var policy = new TraceSamplingPolicy(Options);
        Assert.False(policy.Observe([], 0));
        Assert.Equal(0.02, policy.Rates.Of("shop"));
        Assert.True(policy.Observe(["shop"], Second));
        Assert.Equal((0.9, 0.02), (policy.Rates.Of("shop"), policy.Rates.Of("mail")));
        Assert.False(policy.Observe(["shop"], 100 * Second)); // however long
        Assert.False(policy.Observe([], 109 * Second));
        Assert.Equal(0.9, policy.Rates.Of("shop"));
        Assert.True(policy.Observe([], 110 * Second));
        Assert.Equal(0.02, policy.Rates.Of("shop"));
    }

    [Fact]
    public void A_second_alarm_begins_the_hold_time_anew()
    {
        var policy = new TraceSamplingPolicy(Options);
        policy.Observe(["shop"], 0);
        policy.Observe([], 9 * Second);
        policy.Observe(["shop"], 9 * Second);
        Assert.False(policy.Observe([], 18 * Second));
        Assert.True(policy.Observe([], 19 * Second));
    }

    [Fact]
    public void Without_a_hold_time_the_rate_falls_with_the_alarm()
    {
        var policy = new TraceSamplingPolicy(Options with { HoldSeconds = 0 });
        policy.Observe(["shop"], 5);
        Assert.Equal(0.9, policy.Rates.Of("shop"));
        Assert.True(policy.Observe([], 5));
        Assert.Equal(0.02, policy.Rates.Of("shop"));
    }

    [Fact]
    public void What_belongs_to_several_applications_has_the_largest_rate()
    {
        var policy = new TraceSamplingPolicy(Options);
        policy.Observe(["shop", "shop"], 0);
        Assert.Equal(0.9, policy.Rates.Of(["mail", "shop"]));
        Assert.Equal(0.02, policy.Rates.Of(["mail", "data"]));
        Assert.Equal(0.02, policy.Rates.Of([]));
    }

    [Fact]
    public void Rates_that_were_handed_out_never_change()
    {
        var policy = new TraceSamplingPolicy(Options);
        var before = policy.Rates;
        policy.Observe(["shop"], 0);
        Assert.Equal((0.02, 0.9), (before.Of("shop"), policy.Rates.Of("shop")));
    }

    /// <summary>Against the definition itself: raised iff an alarm was seen less than the hold time ago.</summary>
    [Fact]
    public void Any_sequence_of_alarms_is_decided_by_the_definition() =>
        Gen.Select(Gen.Int[0, 7], Gen.Long[0, 6 * Second]).Array[0, 60].Sample(steps =>
        {
            var policy = new TraceSamplingPolicy(Options);
            var seen = new Dictionary<string, long>();
            var now = 0L;
            foreach (var (alarms, pause) in steps)
            {
                now += pause;
                string[] alarmed = [.. Enumerable.Range(0, 3).Where(i => (alarms & 1 << i) != 0).Select(i => $"a{i}")];
                policy.Observe(alarmed, now);
                foreach (var application in alarmed)
                    seen[application] = now;
                for (var i = 0; i < 3; i++)
                    Assert.Equal(seen.TryGetValue($"a{i}", out var last) && (last == now || now - last < 10 * Second) ? 0.9 : 0.02, policy.Rates.Of($"a{i}"));
            }
        });

    [Theory]
    [InlineData(-0.1, 1, 1)]
    [InlineData(double.NaN, 1, 1)]
    [InlineData(0.1, 1.1, 1)]
    [InlineData(0.5, 0.4, 1)]
    [InlineData(0.1, 1, -1)]
    [InlineData(0.1, 1, double.PositiveInfinity)]
    public void Rates_that_are_none_are_refused(double baseRate, double alarmRate, double hold) =>
        Assert.Throws<ArgumentException>(() => new TraceSamplingPolicy(new() { BaseRate = baseRate, AlarmRate = alarmRate, HoldSeconds = hold }));
}

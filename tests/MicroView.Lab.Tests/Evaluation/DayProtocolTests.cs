namespace MicroView.Lab.Tests;

public sealed class DayProtocolTests
{
    private const long Second = 1_000_000_000;
    private static readonly long Noon = Time("2022-08-22T12:00:00Z");

    // Faults at noon, 8 min later, and (after a gap that hides unlisted ones) 20 min after that.
    private static readonly Fault[] Faults = [At(0, "cart", "cart-1"), At(480, "front", "front-1"), At(1680, "cart", "cart-1")];

    private static readonly long Tail = DayProtocol.TailStart(Faults);

    private static long Time(string text) => CsvTime.TryParse(text, out var time) ? time : throw new FormatException(text);

    private static Fault At(int second, string service, string pod) => new(Noon + second * Second, Noon + (second + 180) * Second, service, pod, "cpu");

    private static RowLabel Label(int second, string pod = "cart-1") => DayProtocol.Label(Faults, Tail, pod.Split('-')[0], pod, Noon + second * Second);

    [Theory]
    [InlineData(-60, "Negative")]
    [InlineData(0, "Negative")]
    [InlineData(1, "Positive")]
    [InlineData(240, "Positive")]
    [InlineData(241, "Ignored")]
    [InlineData(360, "Ignored")]
    [InlineData(361, "Negative")]
    [InlineData(481, "Ignored")] // the other service's fault
    [InlineData(841, "Ignored")] // inside the gap
    [InlineData(1680, "Negative")] // its end belongs to it no more
    [InlineData(1681, "Positive")]
    [InlineData(2041, "Ignored")] // after the last fault, before the tail
    public void Rows_are_labelled_as_the_protocol_says(int second, string expected) => Assert.Equal(expected, Label(second).ToString());

    [Fact]
    public void Other_pods_are_ignored_while_a_fault_lasts()
    {
        Assert.Equal(RowLabel.Ignored, Label(100, "mail-1"));
        Assert.Equal(RowLabel.Negative, Label(400, "mail-1"));
    }

    [Fact]
    public void The_tail_begins_at_a_half_hour()
    {
        // The last fault ends at 12:31; 15 min later is 12:46.
        Assert.Equal(Time("2022-08-22T13:00:00Z"), Tail);
        Assert.Equal(RowLabel.Negative, DayProtocol.Label(Faults, Tail, "cart", "cart-1", Tail));
    }

    [Fact]
    public void The_development_set_has_the_rows_that_its_README_says()
    {
        var data = DevelopmentSet.Read();
        var xd = DayProtocol.Trials(data, ProtocolKind.Xd).SelectMany(trial => trial.Labels).CountBy(label => label).ToDictionary();
        Assert.Equal((224, 14_874), (xd[RowLabel.Positive], xd[RowLabel.Negative]));
        var sd = DayProtocol.Trials(data, ProtocolKind.Sd).SelectMany(trial => trial.Labels).CountBy(label => label).ToDictionary();
        Assert.Equal((224, 1_374), (sd[RowLabel.Positive], sd[RowLabel.Negative]));
        Assert.Equal([Time("2022-08-22T08:30:00Z"), Time("2022-08-23T17:00:00Z")],
            data.Faults.GroupBy(fault => fault.StartNs / (86_400 * Second)).Select(DayProtocol.TailStart));
    }

    [Fact]
    public void Training_is_the_other_days_tail_and_never_what_is_judged()
    {
        foreach (var kind in (ProtocolKind[])[ProtocolKind.Xd, ProtocolKind.Sd])
            foreach (var trial in DayProtocol.Trials(DevelopmentSet.Read(), kind))
            {
                Assert.Empty(trial.Training.Times.ToArray().Intersect(trial.Test.Times.ToArray()));
                Assert.InRange(trial.Training.Count, 415, 935);
            }
    }
}

namespace MicroView.Analysis.Tests;

public sealed class AlarmGateTests
{
    private const long Ms = 1_000_000;

    [Theory]
    [InlineData(100, 5)]
    [InlineData(1000, 3)]
    [InlineData(60_000, 3)]
    public void Sustained_anomaly_opens_after_a_few_rows(long tickMs, int rows)
    {
        var gate = new AlarmGate(new AlarmOptions());
        var time = Quiet(gate, 50, 0, tickMs);
        for (var i = 1; i <= rows; i++, time += tickMs * Ms)
            Assert.Equal(i == rows ? AlarmChange.Opened : AlarmChange.None, gate.Observe(true, time));
        Assert.Equal(AlarmChange.None, gate.Observe(true, time));
    }

    [Fact]
    public void A_burst_of_rows_is_one_step_and_does_not_open()
    {
        var gate = new AlarmGate(new AlarmOptions());
        var time = Quiet(gate, 50, 0, 100);
        for (var i = 0; i < 100_000; i++)
            Assert.Equal(AlarmChange.None, gate.Observe(true, time + i * 100));
        Assert.False(gate.IsOpen);
    }

    [Fact]
    public void Back_to_back_rows_open_when_most_of_them_are_anomalous_over_a_quarter_of_a_second()
    {
        var gate = new AlarmGate(new AlarmOptions());
        var opened = 0L;
        for (var time = 0L; time < 1000 * Ms && opened == 0; time += 10_000)
            if (gate.Observe(time / 10_000 % 3 != 0, time) == AlarmChange.Opened)
                opened = time;
        Assert.InRange(opened, 200 * Ms, 300 * Ms);
    }

    [Fact]
    public void Single_anomalous_rows_never_open()
    {
        var gate = new AlarmGate(new AlarmOptions());
        for (var i = 0; i < 10_000; i++)
            Assert.Equal(AlarmChange.None, gate.Observe(i % 5 < 2, i * 100 * Ms));
    }

    [Fact]
    public void An_open_alarm_survives_short_lulls_and_closes_after_the_hold_time()
    {
        var gate = new AlarmGate(new AlarmOptions());
        var time = 0L;
        for (; !gate.IsOpen; time += 100 * Ms)
            gate.Observe(true, time);
        time = Quiet(gate, 8, time, 100);
        Assert.True(gate.IsOpen);
        Assert.Equal(AlarmChange.None, gate.Observe(true, time));
        var end = time;
        AlarmChange change;
        do
        {
            time += 100 * Ms;
            change = gate.Observe(false, time);
        }
        while (change == AlarmChange.None && time < end + 60_000 * Ms);
        Assert.Equal(AlarmChange.Closed, change);
        Assert.InRange(time - end, 2000 * Ms, 4000 * Ms);
        Assert.False(gate.IsOpen);
    }

    [Fact]
    public void A_clock_that_restarts_neither_closes_nor_blocks_the_alarm()
    {
        var gate = new AlarmGate(new AlarmOptions());
        for (var i = 0; i < 4; i++)
            Assert.Equal(AlarmChange.None, gate.Observe(true, 1_000_000 * Ms + i * 100 * Ms));
        Assert.Equal(AlarmChange.Opened, gate.Observe(true, 0));
        var closed = 0L;
        for (var time = 100 * Ms; time < 10_000 * Ms && closed == 0; time += 100 * Ms)
            if (gate.Observe(false, time) == AlarmChange.Closed)
                closed = time;
        Assert.InRange(closed, 2000 * Ms, 4000 * Ms);
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        var error = Assert.Throws<ArgumentException>(() => new AlarmGate(new AlarmOptions { Window = 65 }));
        Assert.Contains("window", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new AlarmGate(new AlarmOptions { OpenCount = 11 }));
        Assert.Throws<ArgumentException>(() => new AlarmGate(new AlarmOptions { CloseCount = 5 }));
        Assert.Throws<ArgumentException>(() => new AlarmGate(new AlarmOptions { HoldSeconds = double.NaN }));
    }

    private static long Quiet(AlarmGate gate, int rows, long time, long tickMs)
    {
        for (var i = 0; i < rows; i++, time += tickMs * Ms)
            Assert.Equal(AlarmChange.None, gate.Observe(false, time));
        return time;
    }
}

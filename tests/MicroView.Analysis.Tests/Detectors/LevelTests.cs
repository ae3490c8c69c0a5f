using MicroView.Analysis;

namespace MicroView.Analysis.Tests;

/// <summary>Levels that move and stand, ten rows a second: pools of connections, threads, replicas.</summary>
public sealed class LevelTests
{
    private const int Pool = 10, Latency = 11, Metrics = 12;
    private const long Row = 100_000_000;

    private readonly Random _random = new(3);
    private readonly PodAnalyzer _analyzer = new(new FeatureMap([.. Enumerable.Range(0, Metrics).Select(i => Feature.Value(i))]), AnalyzerOptions.Live("RFD"));
    private long _time;
    private double _pool = 4, _latency = 2.5;

    public LevelTests()
    {
        while (_analyzer.State == PodState.Learning)
            Next();
        Assert.Equal(0, Alarming(60));
    }

    [Fact]
    public void One_more_of_a_count_that_never_moved_is_no_alarm_and_many_are()
    {
        _pool = 5;
        Assert.Equal(0, Alarming(30));
        _pool = 30;
        Assert.True(Alarming(10) > 5);
    }

    [Fact]
    public void A_count_that_has_moved_stands_after_a_minute_and_going_back_is_no_alarm()
    {
        _pool = 30;
        Assert.InRange(Alarming(90), 50, 70);
        _pool = 4;
        Assert.InRange(Alarming(30), 0, 1);
        _pool = 29;
        Assert.InRange(Alarming(30), 0, 1);
    }

    [Fact]
    public void A_count_that_dips_now_and_then_stands_as_well()
    {
        Assert.InRange(Alarming(120, row => _pool = row % 20 == 0 ? 4 : 30), 30, 75);
        Assert.Equal(0, Alarming(30, row => _pool = row % 20 == 0 ? 4 : 30));
    }

    [Fact]
    public void A_count_that_goes_on_moving_does_not_stand() =>
        Assert.True(Alarming(180, row => _pool = 30 + row / 5) > 170);

    [Fact]
    public void What_is_no_count_is_held_for_an_event()
    {
        _latency = 400.5;
        Assert.True(Alarming(300) > 295);
    }

    /// <summary>Seconds with an alarm.</summary>
    private double Alarming(double seconds, Action<int>? change = null)
    {
        var alarming = 0;
        for (var i = 0; i < seconds * 10; i++)
        {
            change?.Invoke(i);
            alarming += Next().AlarmOpen ? 1 : 0;
        }
        return alarming / 10.0;
    }

    private Observation Next()
    {
        var row = new double[Metrics];
        for (var i = 0; i < Pool; i++)
            row[i] = 100 + 5 * Gauss();
        row[Pool] = _pool;
        row[Latency] = _latency + 0.2 * Gauss();
        return _analyzer.Observe(row, _time += Row);
    }

    private double Gauss() => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble());
}

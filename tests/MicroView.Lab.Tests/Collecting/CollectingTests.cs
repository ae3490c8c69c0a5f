namespace MicroView.Lab.Tests;

public sealed class CollectingTests : IDisposable
{
    private const long Second = 1_000_000_000, Start = 1_714_557_600 * Second;

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Spans_become_traces_by_their_roots()
    {
        _scratch.Write("spans/frontend.spans.csv",
            "2024-05-01T10:00:00.5000000Z,aa,frontend,root,20.500,,GET /hotels,0,0",
            "2024-05-01T10:00:01.0000000Z,bb,frontend,root,7.000,ot=th:0,GET /user,1,1",
            "2024-05-01T10:00:09.0000000Z,cc,frontend,root,7.000,ot=th:0,GET /user,0,1");
        _scratch.Write("spans/geo.spans.csv", "2024-05-01T10:00:00.5100000Z,aa,geo,child,3.000,,GET /nearby,1,", "2024-05-01T10:00:00.6000000Z,zz,geo,child,3.000,,GET /nearby,0,");
        Assert.Equal(2, SpanJoin.Write(_scratch.Path("spans"), _scratch.Path("traces.csv"), Start, Start + 5 * Second));
        var traces = TraceFile.Read(_scratch.Path("traces.csv"));
        Assert.Equal(["aa", "bb"], traces.Select(trace => trace.Id));
        Assert.Equal((Start + Second / 2, 20.5, 1, "GET /hotels", false), (traces[0].StartNs, traces[0].Milliseconds, traces[0].Errors, traces[0].Operation, traces[0].ControlWord));
        Assert.Equal(["frontend", "geo"], traces[0].Services);
        Assert.Equal((1, true), (traces[1].Errors, traces[1].ControlWord));
    }

    [Fact]
    public void A_line_that_is_no_span_is_named()
    {
        _scratch.Write("spans/geo.spans.csv", "2024-05-01T10:00:00Z,aa,geo,root,3.000,,GET /nearby,1,", "half a li");
        Assert.Contains("geo.spans.csv:2: is no span", Assert.Throws<DataException>(() => SpanJoin.Write(_scratch.Path("spans"), _scratch.Path("t.csv"), 0, long.MaxValue)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_of_a_service_and_of_its_cgroup_meet_without_looking_ahead()
    {
        _scratch.Write("rows/geo-1.csv", "timestamp,requests", $"{Start},1", $"{Start + Second},2.12345678", $"{Start + 2 * Second},3");
        // A pod that grew goes on in another file; what it grew was not known when learning ended.
        _scratch.Write("rows/geo-1.2.csv", "timestamp,requests,errors", $"{Start + 3 * Second},4,9", $"{Start + 4 * Second},,9");
        _scratch.Write("rows/geo-1.3.csv", "timestamp,requests,errors");
        _scratch.Write("rows/microview-hotel-17_geo.csv", "timestamp,cpu", $"{Start + Second / 2},10", $"{Start + Second * 3 / 2},11");
        RowJoin.Write(_scratch.Path("rows"), _scratch.Path("e"), ["geo"], Start, Start + 2 * Second);
        Assert.Equal(
            ["timestamp,value_0,value_1", "2024-05-01T10:00:00Z,1,", "2024-05-01T10:00:01Z,2.12346,10", "2024-05-01T10:00:02Z,3,11", "2024-05-01T10:00:03Z,4,11", "2024-05-01T10:00:04Z,,"],
            File.ReadAllLines(_scratch.Path("e/metrics/geo/data.csv")));
        Assert.Contains("\"value_1\": \"cpu\"", File.ReadAllText(_scratch.Path("e/metrics/geo/column_desc.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_service_without_rows_is_named() =>
        Assert.Contains("no rows of rate", Assert.Throws<DataException>(() => RowJoin.Write(Path.GetDirectoryName(_scratch.Write("rows/geo-1.csv", "timestamp,a", $"{Start},1"))!, _scratch.Path("e"), ["rate"], Start, Start)).Message, StringComparison.Ordinal);

    [Fact]
    public void An_experiment_says_up_to_when_it_was_quiet()
    {
        Assert.Null(ExperimentTimes.ReadFrom(_scratch.Path("")));
        var times = new ExperimentTimes("dsbhotel-test", 3, "2024-05-01T10:00:00Z", "2024-05-01T10:01:00Z", "2024-05-01T10:03:00Z", 0.5);
        times.WriteTo(_scratch.Path("e"));
        Assert.Equal(times, ExperimentTimes.ReadFrom(_scratch.Path("e")));
        Assert.Equal(Start + 60 * Second, ExperimentTimes.Ns(times.TrainUntil));
    }
}

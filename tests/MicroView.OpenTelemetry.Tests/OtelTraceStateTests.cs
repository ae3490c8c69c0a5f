namespace MicroView.OpenTelemetry.Tests;

public sealed class OtelTraceStateTests
{
    [Theory]
    [InlineData(null, "8", "ot=th:8")]
    [InlineData("", "8", "ot=th:8")]
    [InlineData("congo=t61rcWkgMzE", "8", "ot=th:8,congo=t61rcWkgMzE")]
    [InlineData("congo=a,rojo=b", "0", "ot=th:0,congo=a,rojo=b")]
    [InlineData("congo=a,ot=p:8;r:62,rojo=b", "c", "ot=th:c;p:8;r:62,congo=a,rojo=b")]
    [InlineData("ot=th:fd70a4;rv:0123456789abcd,rojo=b", "0", "ot=th:0;rv:0123456789abcd,rojo=b")]
    [InlineData("rojo=b , ot=rv:0123456789abcd", "8", "ot=th:8;rv:0123456789abcd,rojo=b")]
    [InlineData("ot=th:8", null, "")]
    [InlineData("congo=a,ot=th:8", null, "congo=a")]
    [InlineData("congo=a,ot=th:8;rv:0123456789abcd", null, "ot=rv:0123456789abcd,congo=a")]
    [InlineData("robot=th:8", "c", "ot=th:c,robot=th:8")]
    [InlineData("ot@tenant=th:8", "c", "ot=th:c,ot@tenant=th:8")]
    public void Our_entry_comes_first_and_those_of_others_stay(string? before, string? threshold, string after) =>
        Assert.Equal(after, OtelTraceState.WithThreshold(before, threshold));

    [Fact]
    public void The_last_of_32_entries_makes_room_for_ours()
    {
        var full = string.Join(',', Enumerable.Range(0, 32).Select(i => $"v{i}=x"));
        var after = OtelTraceState.WithThreshold(full, "8").Split(',');
        Assert.Equal(32, after.Length);
        Assert.Equal(("ot=th:8", "v30=x"), (after[0], after[^1]));
        Assert.Equal(full, OtelTraceState.WithThreshold(full, null));
    }

    [Fact]
    public void An_entry_that_would_become_too_long_carries_no_threshold()
    {
        var other = "k:" + new string('x', 250);
        Assert.Equal($"ot={other}", OtelTraceState.WithThreshold($"ot={other};th:8", "fd70a4"));
    }

    [Theory]
    [InlineData("ot=rv:00000000000001", 1UL)]
    [InlineData("a=b,ot=th:8;rv:fffffffffffffe", 0xfffffffffffffeUL)]
    public void A_randomness_is_read(string traceState, ulong expected)
    {
        Assert.True(OtelTraceState.TryGetRandomness(traceState, out var randomness));
        Assert.Equal(expected, randomness);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("ot=")]
    [InlineData("ot=rv:")]
    [InlineData("ot=rv:123")]
    [InlineData("ot=rv:000000000000012")]
    [InlineData("ot=rv:0000000000000G")]
    [InlineData("foot=rv:00000000000001")]
    [InlineData("ot=xrv:00000000000001")]
    public void What_is_no_randomness_is_not_taken_for_one(string? traceState) => Assert.False(OtelTraceState.TryGetRandomness(traceState, out _));
}

namespace MicroView.Analysis.Tests;

public sealed class WorkingSetTests
{
    [Fact]
    public void A_range_is_the_lines_that_its_bytes_lie_in()
    {
        var set = new WorkingSet();
        set.Add(0x1000, 64);
        set.Add(0x103f, 2); // the end of a line and the begin of the next
        set.Add(0, 64); // nowhere
        set.Add(0x1000, 0);
        Assert.Equal([0x1000 | 1, 0x1000 | 2], set.Ranges.ToArray());
        Assert.Equal(3, set.Lines);
        set.Clear();
        Assert.Equal(0, set.Lines);
        Assert.True(set.Ranges.IsEmpty);
    }

    [Fact]
    public void A_long_range_is_several()
    {
        var set = new WorkingSet();
        set.Add(0x10000, 100 * 64);
        Assert.Equal([0x10000 | 63, (0x10000 + 63 * 64) | 37], set.Ranges.ToArray());
        Assert.Equal(100, set.Lines);
    }

    [Theory, InlineData("FD"), InlineData("RFD"), InlineData("TH")]
    public void A_pod_that_watches_tells_of_all_that_is_as_long_as_a_row(string model)
    {
        var map = new FeatureMap([.. Enumerable.Range(0, 64).Select(slot => Feature.Value(slot))]);
        var analyzer = new PodAnalyzer(map, new() { MinRows = 200, MinSeconds = 0, Detector = new() { Model = model } });
        var random = new Random(1);
        var row = new double[64];
        for (var time = 1; analyzer.State != PodState.Watching; time++)
        {
            for (var i = 0; i < row.Length; i++)
                row[i] = random.NextDouble();
            analyzer.Observe(row, time * 1_000_000_000L);
        }
        var set = new WorkingSet();
        analyzer.AddTo(set);
        // Row before, scaling, z-scores at least; the models with directions half as much again for each eight of them.
        Assert.True(set.Lines >= (model == "TH" ? 32 : 64), $"{set.Lines} lines");
        var lines = set.Lines;
        set.Clear();
        analyzer.AddTo(set);
        Assert.InRange(set.Lines, lines - 16, lines + 16); // objects that have moved may lie across one line more, or less
    }
}

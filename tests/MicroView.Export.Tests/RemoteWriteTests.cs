using System.Text;
using CsCheck;
using Snappier;

namespace MicroView.Export.Tests;

public sealed class RemoteWriteTests
{
    private const long Now = 1_764_000_000_000;

    [Fact]
    public void A_group_is_pushed_under_the_names_and_labels_that_a_scrape_shows()
    {
        var document = new ExpositionDocument();
        Metric[] metrics =
        [
            Exposed.Counter("Jobs.done", 0, ("Zone", "a\"b\\c\nd")), Exposed.Gauge("load", 1),
            new() { Name = "latency", Type = MetricType.Histogram, Buckets = [new(0.5, 2), new(double.PositiveInfinity, 3)], SumSlot = 4 },
        ];
        var group = document.Add([("pod", "é")], metrics, 5, new Row(7, 0.25, 1, 2, 9.5));
        var series = PushedSeries.Of(group);
        Assert.Equal(6, series.Count);
        Assert.Equal([
            "Zone=a\"b\\c\nd __name__=Jobs_done instance=n pod=é: 7@1",
            "__name__=load instance=n pod=é: 0.25@1",
            "__name__=latency_bucket instance=n le=0.5 pod=é: 1@1",
            "__name__=latency_bucket instance=n le=+Inf pod=é: 3@1",
            "__name__=latency_sum instance=n pod=é: 9.5@1",
            "__name__=latency_count instance=n pod=é: 3@1",
        ], Written(series, [("instance", "n"), ("pod", "not this")], Row(7, 0.25, 1, 2, 9.5)).Select(one => one.Replace($"@{Now}", "@1", StringComparison.Ordinal)));
    }

    [Fact]
    public void What_is_absent_has_no_sample_and_what_was_there_before_ends_once()
    {
        var document = new ExpositionDocument();
        var series = PushedSeries.Of(document.Add([], [Exposed.Gauge("a", 0), Exposed.Gauge("b", 1)], 2, new Row()));
        var absent = ExpositionDocument.Absent;
        Assert.Equal(["__name__=b: 1@0 stale@2 5@4"], Written(series, [], Row(absent, 1), Skipped(2), Row(absent, absent), Row(absent, absent), Row(absent, 5)).Select(Relative));
        var bits = new long[2];
        Assert.Equal(2, series.End(null, bits));
        Assert.Equal(["__name__=b: stale@0"], Written(series, [], bits).Select(Relative));
    }

    [Fact]
    public void A_successor_ends_what_it_does_not_go_on_with()
    {
        var document = new ExpositionDocument();
        var first = document.Add([("pod", "p")], [Exposed.Gauge("a", 0), Exposed.Gauge("b", 1)], 2, new Row());
        var before = PushedSeries.Of(first);
        _ = Written(before, [], Row(1, 2));
        first.Dispose();
        var after = PushedSeries.Of(document.Add([("pod", "p")], [Exposed.Gauge("b", 0), Exposed.Gauge("c", 1)], 2, new Row()));
        var bits = new long[2];
        Assert.Equal(1, before.End(after, bits));
        Assert.Equal(["__name__=a pod=p: stale@0"], Written(before, [], bits).Select(Relative));
    }

    [Fact]
    public void Names_follow_the_document_and_are_kept_while_they_hold()
    {
        var document = new ExpositionDocument();
        var group = document.Add([("pod", "a")], [Exposed.Counter("x", 0)], 1, new Row(1));
        var series = PushedSeries.Of(group);
        using (document.Add([("pod", "b")], [Exposed.Gauge("y", 0)], 1, new Row(1)))
            Assert.Same(series, PushedSeries.Of(group, series));
        // A duplicate stands aside, here as in a scrape.
        var twin = document.Add([("pod", "a")], [Exposed.Counter("x", 0)], 1, new Row(1));
        var second = PushedSeries.Of(twin);
        Assert.Equal(0, second.Count);
        group.Dispose();
        Assert.Equal(1, PushedSeries.Of(twin, second).Count);
    }

    [Fact]
    public void A_request_carries_what_a_scrape_does_whatever_the_names()
    {
        var name = Gen.OneOf(Gen.Char.Array[0, 5].Select(c => new string(c)), Gen.Const("a"), Gen.Const("a.b"), Gen.Const("a_b"));
        Gen.Select(name, Gen.Int[0, 3], name, Gen.Double).Array[0, 8].Sample(specs =>
        {
            var document = new ExpositionDocument();
            var metrics = specs.Select((spec, slot) => new Metric
            {
                Name = spec.Item1, Type = (MetricType)spec.Item2, Slot = slot, Labels = spec.Item3.Length > 0 ? [(spec.Item3, spec.Item1)] : [], Buckets = [new(1, slot), new(2.5, slot)],
            }).ToArray();
            double[] values = [.. specs.Select(spec => spec.Item4)];
            var group = document.Add([("pod", "a")], metrics, specs.Length, new Row(values));
            var pushed = Written(PushedSeries.Of(group), [], Row(values)).Select(line => line[..line.LastIndexOf(": ", StringComparison.Ordinal)]).Order(StringComparer.Ordinal);
            var scraped = Exposed.Samples(Exposed.Text(document)).Select(LabelsOf).Order(StringComparer.Ordinal);
            Assert.Equal(scraped, pushed);
        }, iter: 500);
    }

    /// <summary>Rows of values that are there are also read through the group itself.</summary>
    [Fact]
    public void A_row_is_read_as_a_scrape_reads_it()
    {
        var document = new ExpositionDocument();
        var row = new Row(3);
        var series = PushedSeries.Of(document.Add([], [Exposed.Gauge("a", 0), Exposed.Gauge("b", 1)], 2, row));
        var (values, bits) = (new double[4], new long[2]);
        Assert.True(series.TryRead(values));
        Assert.Equal(1, series.Spread(values, bits));
        Assert.Equal([BitConverter.DoubleToInt64Bits(3), ExpositionDocument.AbsentBits], bits);
        row.Values = null;
        Assert.False(series.TryRead(values));
    }

    private static long[] Row(params double[] values) => [.. values.Select(BitConverter.DoubleToInt64Bits)];

    private static long[] Skipped(int lines) => [.. Enumerable.Repeat(PushedSeries.UntouchedBits, lines)];

    private static string Relative(string line)
    {
        for (var ms = 0; ms < 10; ms++)
            line = line.Replace($"@{Now + ms}", $"@{ms}", StringComparison.Ordinal);
        return line;
    }

    private static string[] Written(PushedSeries series, Label[] more, params long[][] rows)
    {
        var request = new RemoteWriteRequest(more);
        var times = rows.Select((_, i) => Now + i).ToArray();
        // A row is one of slots, or already one of lines.
        long[] bits = [.. rows.SelectMany(row =>
        {
            if (row.Length == series.Count && row.Length != series.RowLength)
                return row;
            if (row.Any(value => value == PushedSeries.UntouchedBits))
                return row;
            var lines = new long[series.Count];
            series.Spread([.. row.Select(BitConverter.Int64BitsToDouble)], lines);
            return lines;
        })];
        var samples = 0;
        for (var line = 0; line < series.Count; line++)
            samples += request.Add(series, line, times, bits);
        Assert.Equal(samples, request.Samples);
        var decoded = WriteRequestReader.Read(Snappy.DecompressToArray(request.Compress().Span));
        Assert.Equal(samples, decoded.Sum(one => one.Samples.Count));
        return [.. decoded.Select(one => $"{string.Join(' ', one.Labels.Select(label => $"{label.Name}={label.Value}"))}: {string.Join(' ', one.Samples.Select(Shown))}")];
    }

    private static string Shown((double Value, long Ms) sample) =>
        (BitConverter.DoubleToInt64Bits(sample.Value) == ExpositionDocument.AbsentBits ? "stale" : sample.Value.ToString(System.Globalization.CultureInfo.InvariantCulture)) + $"@{sample.Ms}";

    /// <summary>The labels of a scraped line, as a request has them.</summary>
    private static string LabelsOf(string line)
    {
        var open = line.IndexOf('{', StringComparison.Ordinal);
        var labels = new List<(string Name, string Value)> { ("__name__", line[..open]) };
        for (var at = open + 1; line[at] != '}';)
        {
            var equal = line.IndexOf('=', at);
            var (name, value) = (line[at..equal], new StringBuilder());
            for (at = equal + 2; line[at] != '"'; at++)
                value.Append(line[at] != '\\' ? line[at] : line[++at] == 'n' ? '\n' : line[at]);
            labels.Add((name, value.ToString()));
            at += line[at + 1] == ',' ? 2 : 1;
        }
        return string.Join(' ', labels.OrderBy(label => label.Name, StringComparer.Ordinal).Select(label => $"{label.Name}={label.Value}"));
    }
}

using System.Text;
using CsCheck;

namespace MicroView.Export.Tests;

public sealed class HostileNamesTests
{
    private const string Sample =
        "^[a-zA-Z_:][a-zA-Z0-9_:]*\\{([a-zA-Z_][a-zA-Z0-9_]*=\"([^\"\\\\\\x00]|\\\\[n\"\\\\])*\",?)+\\} 1$";

    private static readonly string[] Alike = ["a", "a.b", "a_b", "a b", "a_count", "a_b_bucket", "a_b_counter"];

    private static (string Text, SeriesGroup Group, ExpositionDocument Document) Expose(params Metric[] metrics)
    {
        var document = new ExpositionDocument();
        var group = document.Add([("pod", "a")], metrics, 8, new Row(0, 1, 2, 3, 4, 5, 6, 7));
        return (Exposed.Text(document), group, document);
    }

    [Fact]
    public void Label_values_are_escaped_and_lone_surrogates_and_NULs_replaced()
    {
        var (text, _, _) = Expose(Exposed.Gauge("g", 0, ("v", "a\"b\\c\nd\0e\ud800f é 🙂")));
        Assert.Equal("# TYPE g gauge\ng{pod=\"a\",v=\"a\\\"b\\\\c\\nd\ufffde\ufffdf é 🙂\"} 0\n", text);
    }

    [Fact]
    public void Names_that_become_the_same_stay_distinct_and_a_valid_name_keeps_itself()
    {
        var (text, _, document) = Expose(
            Exposed.Counter("a.b", 0), Exposed.Counter("a b", 1), Exposed.Counter("a_b", 2), Exposed.Counter("9\"x\n\0", 3),
            Exposed.Counter("ünï", 4));
        var dot = MetricNames.Fingerprint("a.b");
        var space = MetricNames.Fingerprint("a b");
        Assert.NotEqual(dot, space);
        var expected = new[] { ("_9_x__", 3), ("_n_", 4), ("a_b", 2), ($"a_b_{dot}", 0), ($"a_b_{space}", 1) };
        Assert.Equal(
            string.Concat(expected.OrderBy(e => e.Item1, StringComparer.Ordinal)
                .Select(e => $"# TYPE {e.Item1} counter\n{e.Item1}{{pod=\"a\"}} {e.Item2}\n")),
            text);
        Assert.Equal(4, document.Statistics.RenamedFamilies);
        Assert.Equal(2, document.Statistics.ConflictingFamilies);
    }

    [Fact]
    public void One_name_with_two_types_becomes_two_families()
    {
        var (text, _, document) = Expose(Exposed.Counter("x", 0), Exposed.Gauge("x", 1));
        Assert.Equal("# TYPE x counter\nx{pod=\"a\"} 0\n# TYPE x_gauge gauge\nx_gauge{pod=\"a\"} 1\n", text);
        Assert.Equal(1, document.Statistics.ConflictingFamilies);
    }

    [Fact]
    public void A_histogram_and_a_counter_do_not_share_its_count()
    {
        var histogram = new Metric { Name = "x", Type = MetricType.Histogram, Buckets = [new(1, 2)] };
        var (text, _, _) = Expose(Exposed.Counter("x_count", 0), histogram);
        Assert.Equal(
            "# TYPE x_count counter\nx_count{pod=\"a\"} 0\n# TYPE x_histogram histogram\nx_histogram_bucket{pod=\"a\",le=\"1\"} 2\n" +
            "x_histogram_bucket{pod=\"a\",le=\"+Inf\"} 2\nx_histogram_count{pod=\"a\"} 2\n",
            text);
    }

    [Fact]
    public void A_duplicate_stands_aside_until_the_first_leaves()
    {
        var document = new ExpositionDocument();
        var first = document.Add([("pod", "a")], [Exposed.Gauge("g", 0)], 1, new Row(1));
        using var second = document.Add([("pod", "a")], [Exposed.Gauge("g", 0, ("empty", ""))], 1, new Row(2));
        Assert.Equal("# TYPE g gauge\ng{pod=\"a\"} 1\n", Exposed.Text(document));
        Assert.Equal(1, document.Statistics.DuplicateSeries);

        first.Dispose();
        Assert.Equal("# TYPE g gauge\ng{pod=\"a\"} 2\n", Exposed.Text(document));
        Assert.Equal(0, document.Statistics.DuplicateSeries);
    }

    [Fact]
    public void Label_names_are_made_valid_and_kept_apart()
    {
        var (text, _, _) = Expose(Exposed.Gauge("g", 0, ("pod", "mine"), ("k.v", "1"), ("k v", "2"), ("__name__", "n"), ("0", "zero")));
        Assert.Equal(
            $"# TYPE g gauge\ng{{_0=\"zero\",exported_pod=\"mine\",k_v=\"1\",k_v_{MetricNames.Fingerprint("k v")}=\"2\"," +
            "label__name__=\"n\",pod=\"a\"} 0\n",
            text);
    }

    [Fact]
    public void A_histogram_keeps_le_for_itself()
    {
        var (text, _, _) = Expose(new Metric { Name = "h", Type = MetricType.Histogram, Labels = [("le", "x")], Buckets = [new(1, 0)] });
        Assert.StartsWith("# TYPE h histogram\nh_bucket{exported_le=\"x\",pod=\"a\",le=\"1\"} 0\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_exposed_is_refused_with_a_reason_and_the_rest_is_kept()
    {
        var (text, group, document) = Expose(
            Exposed.Gauge(new string('x', 1 << 20), 0),
            Exposed.Gauge("", 0),
            Exposed.Gauge("far", 8),
            Exposed.Gauge("long_label", 0, ("l", new string('y', 1 << 20))),
            Exposed.Gauge("twice", 0, ("l", "1"), ("l", "2")),
            new Metric { Name = "none", Type = MetricType.Histogram },
            new Metric { Name = "nan", Type = MetricType.Histogram, Buckets = [new(double.NaN, 0)] },
            new Metric { Name = "same", Type = MetricType.Histogram, Buckets = [new(1, 0), new(1, 1)] },
            Exposed.Gauge("good", 1));
        Assert.Equal("# TYPE good gauge\ngood{pod=\"a\"} 1\n", text);
        Assert.Equal(
            [
                $"metric '{new string('x', 64)}…' has a name of 1048576 characters, more than the 512 allowed",
                "metric '' has no name",
                "metric 'far' names slot 8 of a row of 8",
                "metric 'long_label' has a value of 1048576 characters for label 'l', more than the 4096 allowed",
                "metric 'twice' has the label 'l' twice",
                "metric 'none' is a histogram of 0 buckets; 1 to 512 are allowed",
                "metric 'nan' has a bucket bound that is neither a number nor +Inf",
                "metric 'same' has two buckets with one bound",
            ],
            group.Rejected);
        Assert.Equal(8, document.Statistics.RejectedMetrics);
    }

    [Fact]
    public void A_group_whose_own_labels_break_a_limit_is_refused()
    {
        var problem = Assert.Throws<ArgumentException>(
            () => new ExpositionDocument().Add([("pod", new string('p', 1 << 20))], [], 0, new Row()));
        Assert.Contains("1048576 characters for label 'pod'", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_the_names_every_line_is_well_formed_and_every_series_distinct()
    {
        var text = Gen.Char.Array[0, 6].Select(c => new string(c));
        var few = Gen.OneOf(text, Gen.Int[0, 6].Select(i => Alike[i]));
        Gen.Select(few, Gen.Int[0, 3], few, few).Array[0, 12].Sample(specs =>
        {
            var document = new ExpositionDocument();
            var metrics = specs.Select(s => new Metric
            {
                Name = s.Item1, Type = (MetricType)s.Item2, Help = s.Item3, Labels = s.Item3.Length > 0 ? [(s.Item3, s.Item4)] : [],
                Buckets = [new(1, 0)],
            }).ToArray();
            using var group = document.Add([("pod", "a")], metrics, 1, new Row(1));
            var exposed = Exposed.Text(document);
            var lines = exposed.Split('\n')[..^1];
            var samples = lines.Where(l => l[0] != '#').ToArray();
            Assert.All(samples, l => Assert.Matches(Sample, l));
            Assert.Equal(samples.Length, samples.Distinct().Count());
            var types = lines.Where(l => l.StartsWith("# TYPE", StringComparison.Ordinal)).Select(l => l.Split(' ')[2]).ToArray();
            Assert.Equal(types.Length, types.Distinct().Count());
            var statistics = document.Statistics;
            Assert.Equal(metrics.Length, statistics.Series + statistics.DuplicateSeries + group.Rejected.Count);
        }, iter: 3000);
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("_a:b9", true)]
    [InlineData("9a", false)]
    [InlineData("a-b", false)]
    [InlineData("", false)]
    public void Metric_names_are_judged(string name, bool valid) => Assert.Equal(valid, MetricNames.IsValidMetric(name));
}

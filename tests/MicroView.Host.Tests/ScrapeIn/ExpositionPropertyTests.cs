using System.Buffers;
using System.Globalization;
using System.Text;
using CsCheck;
using MicroView.Export;

namespace MicroView.Host.Tests;

public sealed class ExpositionPropertyTests
{
    private static readonly double[] s_special = [double.PositiveInfinity, double.NegativeInfinity, 0, double.MaxValue, double.Epsilon, 1e22, 1e23];

    private static readonly Gen<double> s_value = Gen.OneOf(Gen.Double, Gen.Int.Select(i => (double)i), Gen.Double[-1000, 1000], Gen.Int[0, 6].Select(i => s_special[i]))
        .Where(value => !double.IsNaN(value));

    private static readonly Gen<string> s_text = Gen.String[Gen.Char["aé\\\"\n }{,=\t#漢"], 1, 12];

    [Fact]
    public void What_our_own_writer_writes_comes_back() =>
        Gen.Select(Gen.Int[0, 3], s_text, s_value).List[1, 30].Sample(all =>
        {
            var series = all.Select((item, i) => (Kind: item.Item1, Label: item.Item2, Value: item.Item3, Index: i)).ToArray();
            var document = new ExpositionDocument();
            var metrics = series.Select(s => new Metric
            {
                Name = s.Kind switch { 0 => "c_total", 1 => "g", 2 => "h", _ => "u" },
                Type = (s.Kind switch { 0 => MetricType.Counter, 1 => MetricType.Gauge, 2 => MetricType.Histogram, _ => MetricType.Untyped }),
                Labels = [("i", s.Index.ToString(CultureInfo.InvariantCulture)), ("text", s.Label)],
                Slot = s.Index * 3,
                Buckets = [new(0.25, s.Index * 3), new(double.PositiveInfinity, s.Index * 3 + 1)],
                SumSlot = s.Index * 3 + 2,
            }).ToArray();
            var row = new double[series.Length * 3];
            foreach (var s in series)
                (row[s.Index * 3], row[s.Index * 3 + 1], row[s.Index * 3 + 2]) = s.Kind == 2 ? ((double)s.Index, 7.0, s.Value) : (s.Value, 0.0, 0.0);
            Assert.Empty(document.Add([], metrics, row.Length, new FixedRow(row)).Rejected);
            var output = new ArrayBufferWriter<byte>();
            new PrometheusTextWriter(document).Write(output);
            var text = new ScrapedText();
            for (var scrape = 0; scrape < 2; scrape++)
            {
                var shown = text.Scrape(output.WrittenSpan.ToArray(), piece: 100);
                foreach (var s in series)
                {
                    var labels = $"i={s.Index},text={s.Label}";
                    if (s.Kind == 2)
                        Assert.Equal<(double, double, double, double)>((s.Index, s.Index + 7, s.Value, s.Index + 7),
                            (shown[$"h_bucket{{i={s.Index},le=0.25,text={s.Label}}}"], shown[$"h_bucket{{i={s.Index},le=+Inf,text={s.Label}}}"], shown[$"h_sum{{{labels}}}"], shown[$"h_count{{{labels}}}"]));
                    else
                        Assert.Equal(s.Value, shown[$"{metrics[s.Index].Name}{{{labels}}}"]);
                }
                Assert.Equal(series.Sum(s => s.Kind == 2 ? 4 : 1), shown.Count);
            }
        }, iter: 200);

    [Fact]
    public void Numbers_are_read_as_dotnet_reads_them()
    {
        foreach (var format in (string[])["R", "E3", "E20", "F6", "G5"])
            s_value.Where(double.IsFinite).Sample(value =>
            {
                var text = value.ToString(format, CultureInfo.InvariantCulture);
                if (!double.IsFinite(double.Parse(text, CultureInfo.InvariantCulture)))
                    return;
                Assert.True(SampleValue.TryParse(Encoding.ASCII.GetBytes(text), out var read), text);
                Assert.Equal(double.Parse(text, CultureInfo.InvariantCulture), read);
            }, iter: 500);
    }

    [Theory]
    [InlineData("nan", double.NaN)]
    [InlineData("NaN", double.NaN)]
    [InlineData("+Inf", double.PositiveInfinity)]
    [InlineData("inf", double.PositiveInfinity)]
    [InlineData("-INFINITY", double.NegativeInfinity)]
    [InlineData("-0", -0.0)]
    [InlineData("1e3", 1000)]
    [InlineData("1E+3", 1000)]
    [InlineData("1.", 1)]
    [InlineData(".5", 0.5)]
    [InlineData("00012", 12)]
    public void Numbers_have_the_spellings_of_the_format(string text, double value)
    {
        Assert.True(SampleValue.TryParse(Encoding.ASCII.GetBytes(text), out var read));
        Assert.Equal(BitConverter.DoubleToInt64Bits(value) >>> 63, double.IsNaN(value) ? BitConverter.DoubleToInt64Bits(value) >>> 63 : BitConverter.DoubleToInt64Bits(read) >>> 63);
        Assert.Equal(value, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData("e5")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("1e+-5")]
    [InlineData("--1")]
    [InlineData("1,000")]
    [InlineData("+nan")]
    [InlineData("infi")]
    [InlineData("1e400")]
    public void Anything_else_is_no_number(string text) => Assert.False(SampleValue.TryParse(Encoding.ASCII.GetBytes(text), out _));

    [Fact]
    public void No_bytes_do_worse_than_a_refused_scrape() =>
        Gen.Select(Gen.String[Gen.Char["ab_{}=\",\\# \t\n\r019.eE+-TYPHELINFnasumctobke\0é"], 0, 300], Gen.Bool, Gen.Int[1, 50]).Sample((body, openMetrics, piece) =>
        {
            var text = new ScrapedText(50);
            for (var scrape = 0; scrape < 3; scrape++)
                try
                {
                    text.Scrape(body, openMetrics, piece);
                }
                catch (ScrapeException)
                {
                    text.Page.Lose(1);
                }
        }, iter: 5000);

    private sealed class FixedRow(double[] values) : IRowSource
    {
        public bool TryRead(Span<double> row)
        {
            values.CopyTo(row);
            return true;
        }
    }
}

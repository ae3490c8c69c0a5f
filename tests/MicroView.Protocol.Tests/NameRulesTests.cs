using CsCheck;

namespace MicroView.Protocol.Tests;

public sealed class NameRulesTests
{
    [Theory]
    [InlineData("http.server.request.duration")]
    [InlineData("quote\" and {braces}")]
    [InlineData("\u00fcml\u00e4ut \u20ac")]
    public void A_printable_name_is_allowed(string name) => Assert.Null(NameRules.CheckMetric(name));

    [Theory]
    [InlineData(null, "empty")]
    [InlineData("", "empty")]
    [InlineData("a\nb", "U+000A")]
    [InlineData("a\0b", "U+0000")]
    [InlineData("a\u0085b", "U+0085")]
    public void A_bad_name_is_told_why(string? name, string reason) =>
        Assert.Contains(reason, NameRules.CheckMetric(name), StringComparison.Ordinal);

    [Fact]
    public void Limits_are_in_bytes()
    {
        Assert.Null(NameRules.CheckMetric(new string('n', 255)));
        Assert.Contains("256", NameRules.CheckMetric(new string('n', 256)), StringComparison.Ordinal);
        Assert.Contains("258 bytes", NameRules.CheckMetric(new string('\u20ac', 86)), StringComparison.Ordinal);
        Assert.NotNull(NameRules.CheckMetric(new string('n', 1_000_000)));
        Assert.Null(NameRules.CheckPod(new string('p', 253)));
        Assert.NotNull(NameRules.CheckPod(new string('p', 254)));
        Assert.Contains("'#'", NameRules.CheckPod("a#2"), StringComparison.Ordinal);
    }

    [Fact]
    public void Half_a_surrogate_pair_is_no_text_whatever_stands_beside_it()
    {
        foreach (var text in new[] { "\ud800", "a\udc00", "\ud800\ufffd", "\udc00\ud800" })
            Assert.Contains("not valid", NameRules.CheckMetric(text), StringComparison.Ordinal);
        Assert.Null(NameRules.CheckMetric("\ud83d\ude00\ufffd"));
    }

    [Fact]
    public void Labels_have_limits_in_number_name_and_value()
    {
        Assert.Null(NameRules.CheckLabels(null));
        Assert.Null(NameRules.CheckLabels(Labels(32)));
        Assert.Contains("33 labels", NameRules.CheckLabels(Labels(33)), StringComparison.Ordinal);
        Assert.Null(NameRules.CheckLabels(new() { ["l"] = "any \n value" }));
        Assert.NotNull(NameRules.CheckLabels(new() { ["l"] = new string('v', 1025) }));
        Assert.NotNull(NameRules.CheckLabels(new() { ["l"] = null! }));
        Assert.NotNull(NameRules.CheckLabels(new() { ["l"] = "\ud800" }));
        Assert.NotNull(NameRules.CheckLabels(new() { [new string('l', 129)] = "v" }));
        Assert.NotNull(NameRules.CheckLabels(new() { [""] = "v" }));
    }

    [Fact]
    public void A_descriptor_must_make_sense()
    {
        Assert.Null(NameRules.Check(new() { Name = "c" }));
        Assert.Null(NameRules.Check(new() { Name = "h", Type = MetricType.Histogram, Role = SlotRole.Bucket, Bound = 1 }));
        Assert.Null(NameRules.Check(new() { Name = "hidden", Type = MetricType.Gauge, Role = SlotRole.Hidden }));
        foreach (var bad in new SlotDescriptor[]
        {
            new() { Name = "c", Role = SlotRole.Bucket }, new() { Name = "h", Type = MetricType.Histogram }, new() { Name = "c", Bound = double.NaN },
            new() { Name = "c", Bound = double.PositiveInfinity }, new() { Name = "c", Resolution = -1 }, new() { Name = "c", Resolution = double.NaN },
            new() { Name = "c", Unit = "" }, new() { Name = "c", Help = new string('h', 1025) },
        })
            Assert.NotNull(NameRules.Check(bad));
    }

    [Fact]
    public void No_text_makes_a_check_throw() => Gen.Select(Gen.String, Gen.String, Gen.String).Sample((name, label, value) =>
    {
        _ = NameRules.Check(new() { Name = name, Labels = new(StringComparer.Ordinal) { [label] = value }, Help = value, Unit = label });
        _ = NameRules.CheckPod(name);
    });

    private static SortedDictionary<string, string> Labels(int count) => new(Enumerable.Range(0, count).ToDictionary(i => $"l{i}", _ => "v"));
}

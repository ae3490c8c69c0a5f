namespace MicroView.Collector.Tests;

public sealed class SampleRuleTests
{
    private static readonly SamplePolicy s_standard = new(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(20), FullResolution.Alarm);

    [Theory]
    [InlineData("cart-*:baseline=10s,recorder=60s,full=always", "cart-*", 10, 60, FullResolution.Always)]
    [InlineData("*:full=never", "*", 30, 20, FullResolution.Never)]
    [InlineData("a?:baseline=500ms", "a?", 0.5, 20, FullResolution.Alarm)]
    [InlineData("host:nginx: recorder = 2m , full=alarm ", "host:nginx", 30, 120, FullResolution.Alarm)]
    [InlineData("p:recorder=0,baseline=1h", "p", 3600, 0, FullResolution.Alarm)]
    public void A_rule_says_what_is_different(string text, string pods, double baseline, double recorder, FullResolution full)
    {
        var rule = SampleRule.Parse(text);
        Assert.Equal(pods, rule.Pods);
        Assert.Equal(new SamplePolicy(TimeSpan.FromSeconds(baseline), TimeSpan.FromSeconds(recorder), full), rule.Apply(s_standard));
    }

    [Theory]
    [InlineData("", "GLOB:SETTING")]
    [InlineData("pods", "GLOB:SETTING")]
    [InlineData(":full=never", "GLOB:SETTING")]
    [InlineData("pods:", "GLOB:SETTING")]
    [InlineData("pods:full", "full is always, alarm or never, not ''")]
    [InlineData("pods:full=sometimes", "not 'sometimes'")]
    [InlineData("pods:every=1s", "no setting 'every'")]
    [InlineData("pods:full=never,full=never", "full twice")]
    [InlineData("pods:full=never,", "no setting ''")]
    [InlineData("pods:baseline=0", "baseline is a time from 1ms to 24h")]
    [InlineData("pods:baseline=-1s", "not '-1s'")]
    [InlineData("pods:baseline=25h", "not '25h'")]
    [InlineData("pods:recorder=16m", "recorder is a time from 0s to 900s")]
    [InlineData("pods:recorder=1d", "not '1d'")]
    [InlineData("pods:recorder=NaN", "not 'NaN'")]
    public void What_is_no_rule_is_told_in_one_line(string text, string part)
    {
        var error = Assert.Throws<FormatException>(() => SampleRule.Parse(text));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("cart-*", "cart-5", true)]
    [InlineData("cart-*", "Cart-5", false)]
    [InlineData("cart-*", "mycart-5", false)]
    [InlineData("*:ngin?", "host:nginx", true)]
    [InlineData("a[b]", "a[b]", true)]
    public void A_pattern_is_of_the_whole_id(string pattern, string pod, bool covers) => Assert.Equal(covers, SampleRule.Parse(pattern + ":full=never").Covers(pod));

    [Fact]
    public void The_first_rule_that_covers_a_pod_is_its()
    {
        var options = new SampleOptions
        {
            RemoteWrite = new("http://localhost/"), Baseline = TimeSpan.FromSeconds(7), Recorder = TimeSpan.FromSeconds(8),
            Rules = [SampleRule.Parse("a*:full=never"), SampleRule.Parse("*b:baseline=1s"), SampleRule.Parse("*:full=always")],
        };
        Assert.Equal(new(TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(8), FullResolution.Never), options.PolicyOf("ab"));
        Assert.Equal(new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8), FullResolution.Alarm), options.PolicyOf("bb"));
        Assert.Equal(new(TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(8), FullResolution.Always), options.PolicyOf("c"));
        Assert.Equal(new(TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(8), FullResolution.Alarm), (options with { Rules = [] }).PolicyOf("c"));
    }

    [Theory]
    [InlineData("ftp://host/", "http or https")]
    [InlineData("http://user:secret@host/", "--remote-write-token-file")]
    public void An_address_that_cannot_be_used_is_refused_without_what_is_secret(string url, string part)
    {
        var problem = Assert.Single((CollectorScene.Quick with { Samples = new() { RemoteWrite = new(url) } }).Problems());
        Assert.Contains(part, problem, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", problem, StringComparison.Ordinal);
    }
}

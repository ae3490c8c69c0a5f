using System.Diagnostics;

namespace MicroView.Export.Tests;

[Trait("group", "slow")]
public sealed class PromtoolTests
{
    [Fact]
    public async Task The_real_promtool_finds_nothing_to_say()
    {
        var document = new ExpositionDocument();
        var metrics = new[]
        {
            new Metric { Name = "http_requests_total", Type = MetricType.Counter, Slot = 0, Help = "Requests \\ \n \"served\"." },
            new Metric
            {
                Name = "temperature_celsius", Type = MetricType.Gauge, Slot = 1, Help = "Heat.",
                Labels = [("where", "a\"b\\c\nd\0e\ud800 é")],
            },
            new Metric { Name = "odd.name", Type = MetricType.Untyped, Slot = 2, Help = "Odd." },
            new Metric { Name = "odd name", Type = MetricType.Untyped, Slot = 3, Help = "Odd." },
            new Metric { Name = "pressure", Type = MetricType.Gauge, Slot = 4, Help = "Pressure." },
            new Metric
            {
                Name = "latency_seconds", Type = MetricType.Histogram, Help = "Latency.", SumSlot = 7,
                Buckets = [new(0.005, 5), new(1e-9, 6), new(double.PositiveInfinity, 8)],
            },
        };
        for (var p = 0; p < 20; p++)
            document.Add([("pod", $"p{p}")], metrics, 9, new Row(p, 0.1 * p, double.NaN, double.NegativeInfinity, 1e300, 3, 4, 5.5, 6));

        var (exit, said) = await Check(Exposed.Text(document));
        Assert.Equal("", said.Trim());
        Assert.Equal(0, exit);
    }

    [Fact]
    public async Task One_name_in_every_type_is_a_matter_of_style_only()
    {
        var document = new ExpositionDocument();
        document.Add([], [.. Enum.GetValues<MetricType>().Select(Describe)], 1, new Row(1));

        var (exit, said) = await Check(Exposed.Text(document));
        // 3: parsed, but the linter dislikes a name that says its type; a parse error is 1.
        Assert.Equal(3, exit);
        Assert.Contains("x_gauge", said, StringComparison.Ordinal);

        static Metric Describe(MetricType type) => new() { Name = "x", Type = type, Help = "X.", Buckets = [new(1, 0)] };
    }

    [Fact]
    public async Task The_real_promtool_would_say_something_if_a_family_came_twice()
    {
        var (exit, _) = await Check("# TYPE a counter\na 1\n# TYPE b counter\nb 1\n# TYPE a gauge\na 2\n");
        Assert.NotEqual(0, exit);
    }

    private static async Task<(int Exit, string Said)> Check(string text)
    {
        using var promtool = Start();
        await promtool.StandardInput.WriteAsync(text);
        promtool.StandardInput.Close();
        var output = promtool.StandardOutput.ReadToEndAsync();
        var errors = promtool.StandardError.ReadToEndAsync();
        await promtool.WaitForExitAsync();
        return (promtool.ExitCode, await output + await errors);
    }

    private static Process Start()
    {
        var folders = Environment.GetEnvironmentVariable("PATH")!.Split(':');
        var path = folders.Select(d => Path.Combine(d, "promtool")).FirstOrDefault(File.Exists);
        if (path is null) Assert.Skip("promtool is not on PATH (Debian: apt-get install prometheus)");
        var start = new ProcessStartInfo(path, ["check", "metrics"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            StandardInputEncoding = new System.Text.UTF8Encoding(false),
        };
        return Process.Start(start)!;
    }
}

using System.Diagnostics;
using System.Text.Json;
using MicroView.Analysis;

namespace MicroView.EndToEnd.Tests;

/// <summary>Each benchmark as a user starts it, for an instant: the figures' shape and sense, never their size.</summary>
[Trait("group", "slow")]
public sealed class BenchTests
{
    private static readonly string[] UpdateCases =
    [
        "floor_store", "gauge_set", "gauges_set_4096", "row_set_4096", "counter_single_writer", "counter_add", "counter_add_2_threads", "two_counters_2_threads", "histogram_record", "meter_bridge_add_two_tags",
    ];

    [Fact]
    public void Update_measures_every_case_and_allocates_nothing()
    {
        var report = Measure("update", "--duration", "0.1");
        var cases = report.GetProperty("cases").EnumerateArray().ToArray();
        Assert.Equal(UpdateCases, cases.Select(one => one.GetProperty("name").GetString()));
        Assert.All(cases, one =>
        {
            var median = Positive(one, "ns_per_op");
            Assert.InRange(Positive(one, "best_ns_per_op"), 0, median);
            Assert.InRange(one.GetProperty("allocated_bytes_per_op").GetDouble(), 0, 0.001); // a thread's own first use, nothing per operation
            Assert.Equal(one.GetProperty("name").GetString()!.EndsWith("_2_threads", StringComparison.Ordinal) ? 2 : 1, one.GetProperty("threads").GetInt32());
        });
    }

    [Fact]
    public void On_one_core_the_cases_with_two_threads_say_what_they_lack()
    {
        var core = Measure("update", "--duration", "0.05").GetProperty("machine").GetProperty("measuring_core").GetInt32();
        var (code, output, errors) = Run("taskset", ["-c", $"{core}", Program, "bench", "update", "--duration", "0.05", "--json"]);
        Assert.True(code == 0, errors);
        using var report = JsonDocument.Parse(output);
        foreach (var one in report.RootElement.GetProperty("cases").EnumerateArray())
            Assert.Equal(one.GetProperty("threads").GetInt32() == 2, one.TryGetProperty("note", out var note) && note.GetString()!.Contains("two cores", StringComparison.Ordinal));
        Assert.Equal(core, report.RootElement.GetProperty("machine").GetProperty("cores_allowed").EnumerateArray().Single().GetInt32());
    }

    [Fact]
    public void A_pod_of_the_read_loop_takes_one_descriptor_and_who_lacks_them_is_told()
    {
        var (code, output, errors) = Limited(pods: 200);
        Assert.True(code == 0, errors);
        Assert.Contains("\"pods\":200,", output, StringComparison.Ordinal);
        (code, _, errors) = Limited(pods: 1000);
        Assert.Equal(3, code);
        Assert.Contains("300 files; ulimit -n 65536", errors, StringComparison.Ordinal);

        static (int, string, string) Limited(int pods) =>
            Run("sh", ["-c", "ulimit -n 300; exec \"$@\"", "sh", Program, "bench", "read-loop", "--pods", $"{pods}", "--metrics", "8", "--model", "TH", "--duration", "0.1", "--json"]);
    }

    public static TheoryData<string, bool> ReadLoops()
    {
        var data = new TheoryData<string, bool> { { "FD", true } };
        foreach (var model in DetectorRegistry.Names)
            data.Add(model, false);
        return data;
    }

    [Theory, MemberData(nameof(ReadLoops))]
    public void Read_loop_figures_agree_with_each_other(string model, bool update)
    {
        string[] arguments = ["read-loop", "--pods", "3", "--metrics", "17", "--model", model, "--lmaps", "1", "--duration", "0.1", .. update ? ["--update"] : Array.Empty<string>()];
        var report = Measure(arguments);
        Assert.Equal(model, report.GetProperty("model").GetString());
        Assert.Equal(update, report.GetProperty("update").GetBoolean());
        var vector = Positive(report, "ns_cpu_per_pod_vector");
        Assert.Equal(1e9 / (vector * 3), Positive(report, "scrapes_per_cpu_second"), vector);
        Positive(report, "scrapes_per_second_per_lmap");
        Assert.True(Positive(report, "ns_cpu_per_pod_change_and_scrape") > Positive(report, "ns_cpu_per_pod_change"));
    }

    [Fact]
    public void Read_loop_shares_pods_out_among_lmaps() =>
        Assert.Equal(2, Measure("read-loop", "--pods", "5", "--metrics", "8", "--model", "TH", "--lmaps", "2", "--stripes", "2", "--duration", "0.1").GetProperty("lmaps").GetInt32());

    [Fact]
    public void Export_measures_both_mixes_over_http_and_each_format_and_encoding()
    {
        var report = Measure("export", "--series", "300", "--duration", "0.3", "--full-precision");
        Assert.Equal(300, report.GetProperty("series").GetInt32());
        var cases = report.GetProperty("cases").EnumerateArray().ToArray();
        Assert.Equal(["fixed_mix text", "full_precision text", "fixed_mix openmetrics", "fixed_mix text gzip", "fixed_mix openmetrics gzip"],
            cases.Select(one => $"{one.GetProperty("mix").GetString()} {one.GetProperty("format").GetString()}{(one.GetProperty("gzip").GetBoolean() ? " gzip" : "")}"));
        Assert.All(cases, one => Assert.True(Positive(one, "us_cpu_per_series") > 0 && Positive(one, "requests") > 0));
        Assert.Equal(Positive(cases[1], "us_cpu_per_series"), Positive(report, "us_cpu_per_series"));
        Positive(report, "requests_per_second");
    }

    [Fact]
    public void Register_measures_socket_and_rest()
    {
        var report = Measure("register", "--count", "100", "--batch", "30", "--duration", "0.1");
        Assert.Equal("in-process", report.GetProperty("agent").GetString());
        Assert.True(Positive(report, "best_socket_metrics_per_second") >= Positive(report, "socket_metrics_per_second"));
        Assert.True(Positive(report, "best_rest_metrics_per_second") >= Positive(report, "rest_metrics_per_second"));
    }

    [Fact]
    public void Without_json_a_table_says_what_was_measured_and_how()
    {
        var (code, output, errors) = Run(Program, ["bench", "read-loop", "--pods", "2", "--metrics", "8", "--model", "none", "--duration", "0.05"]);
        Assert.True(code == 0, errors);
        Assert.Contains("CPU per pod vector, ns", output, StringComparison.Ordinal);
        Assert.Contains("Lmap.ScrapeOnce", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "--cpu 1000", "update", "--cpu", "1000")]
    [InlineData(2, "--lmaps 9", "read-loop", "--pods", "8", "--lmaps", "9")]
    [InlineData(2, "--components 9", "read-loop", "--metrics", "16", "--components", "9")]
    [InlineData(2, "--stripes", "read-loop", "--stripes", "3")]
    [InlineData(3, "no agent answers", "register", "--socket", "/nonexistent/agent.sock")]
    [InlineData(3, "no agent answers", "register", "--port", "1")]
    public void What_cannot_be_measured_is_one_line_and_an_exit_code(int exitCode, string message, params string[] arguments)
    {
        var (code, output, errors) = Run(Program, ["bench", .. arguments]);
        var complaints = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith("bench: ", StringComparison.Ordinal)).ToArray();
        Assert.Contains(message, Assert.Single(complaints), StringComparison.Ordinal);
        Assert.Equal((exitCode, ""), (code, output));
    }

    private static string Program => Path.Combine(AppContext.BaseDirectory, "microview");

    private static JsonElement Measure(params string[] arguments)
    {
        var (code, output, errors) = Run(Program, ["bench", .. arguments, "--json"]);
        Assert.True(code == 0, errors);
        using var document = JsonDocument.Parse(output); // throws unless it is exactly one object
        Assert.Equal(arguments[0], document.RootElement.GetProperty("benchmark").GetString());
        return document.RootElement.Clone();
    }

    private static double Positive(JsonElement element, string name)
    {
        var value = element.GetProperty(name).GetDouble();
        Assert.True(value > 0 && double.IsFinite(value), $"{name} is {value}");
        return value;
    }

    private static (int Code, string Output, string Errors) Run(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromMinutes(3)))
        {
            process.Kill(entireProcessTree: true);
            Assert.Fail($"{program} {string.Join(' ', arguments)} does not end: {errors.Result}");
        }
        return (process.ExitCode, output.Result, errors.Result);
    }
}

using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace MicroView.Lab.Tests;

public sealed class TraceTests : IDisposable
{
    private const long Second = 1_000_000_000, Start = 1_714_557_600 * Second;

    private static readonly Regex Health = new(TraceLabels.HealthChecks, RegexOptions.IgnoreCase);

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    private static Trace Call(string id, double seconds, double milliseconds, string operation = "GET /cart", bool error = false, params string[] services) =>
        new(id, Start + (long)(seconds * 1e9), Start + (long)(seconds * 1e9 + milliseconds * 1e6), error ? 1 : 0, operation, services);

    private static TimeRanges Range(double from, double until) => new([(Start + (long)(from * 1e9), Start + (long)(until * 1e9))]);

    private static async Task<(int Status, string Output)> Run(params string[] arguments)
    {
        var output = new StringWriter();
        var result = LabCommandLine.BuildRootCommand().Parse(arguments);
        Assert.Empty(result.Errors);
        var status = await result.InvokeAsync(new InvocationConfiguration { Output = output, Error = TextWriter.Null, EnableDefaultExceptionHandler = false });
        return (status, output.ToString());
    }

    [Fact]
    public void Slower_than_mean_plus_three_deviations_of_the_training_period_is_worth_keeping()
    {
        // 10, 20, 30 ms: mean 20, deviation 10: the threshold is 50 ms.
        Trace[] traces =
        [
            Call("a", 0, 10), Call("b", 1, 20), Call("c", 2, 30), Call("h", 3, 1, "grpc.health.v1.Health/Check"), Call("r", 4, 5, "rare"),
            Call("d", 10, 50), Call("e", 11, 50.1), Call("f", 12, 1, error: true), Call("g", 13, 900, "rare"), Call("i", 14, 900, "/healthz"), Call("j", 30, 900),
        ];
        var labels = TraceLabels.Of(traces, Range(0, 5), Range(10, 20), Health);
        Assert.Equal(["d", "e", "f"], labels.Judged.Select(trace => trace.Id));
        Assert.Equal([false, true, true], labels.Judged.Select(labels.IsWorthKeeping));
        Assert.Equal((4, 2, 1, 1, 1), (labels.Learnt, labels.Health, labels.WithoutThreshold, labels.Outside, labels.Operations));
    }

    [Fact]
    public void Without_a_threshold_for_any_operation_there_is_nothing_to_measure() =>
        Assert.Contains("no operation has", Assert.Throws<LabException>(() => TraceLabels.Of([Call("a", 0, 10), Call("b", 11, 10)], Range(0, 5), Range(10, 20), Health)).Message);

    [Fact]
    public void The_latency_trigger_knows_a_latency_only_at_the_end_of_the_trace()
    {
        Trace[] traces =
        [
            Call("a", 0, 10), Call("b", 1, 20), Call("c", 2, 30),
            Call("slow", 10.2, 1500), // ends in tick 11: those that start in tick 12 are kept
            Call("before", 11.9, 10), Call("kept", 12.0, 10), Call("kept too", 12.99, 10), Call("after", 13.0, 10),
        ];
        var labels = TraceLabels.Of(traces, Range(0, 5), Range(10, 20), Health);
        Assert.Equal(["kept", "kept too"], labels.Judged.Zip(TraceSampler.ByLatency(labels.Judged, labels, Second)).Where(pair => pair.Second).Select(pair => pair.First.Id));
    }

    [Fact]
    public void A_detector_keeps_the_traces_that_start_while_a_service_is_anomalous()
    {
        Trace[] traces = [Call("a", 9, 10), Call("b", 10, 10, services: "cart"), Call("c", 19.9, 10, services: "front"), Call("d", 20, 10)];
        var anomalous = new Dictionary<string, TimeRanges> { ["cart"] = Range(10, 20), ["front"] = Range(0, 1) };
        Assert.Equal([false, true, true, false], TraceSampler.ByDetector(traces, anomalous, ownServicesOnly: false));
        Assert.Equal([false, true, false, false], TraceSampler.ByDetector(traces, anomalous, ownServicesOnly: true));
    }

    [Fact]
    public void Head_sampling_is_the_same_for_the_same_id_and_keeps_its_share()
    {
        Trace[] traces = [.. Enumerable.Range(0, 20_000).Select(i => Call(i.ToString(CultureInfo.InvariantCulture), i, 10))];
        var outcomes = TraceSampler.Head(traces, [.. traces.Select((_, i) => i % 7 == 0)]).ToArray();
        Assert.Equal(4, outcomes.Length);
        // Three deviations of a binomial are less than 0.009.
        Assert.All(outcomes.Zip(TraceSampler.HeadProbabilities), pair => Assert.InRange(pair.First.Share, pair.Second - 0.01, pair.Second + 0.01));
        Assert.All(outcomes, outcome => Assert.InRange(outcome.Coverage, outcome.Share - 0.03, outcome.Share + 0.03));
        Assert.Equal(traces[5].HeadProbability, Call("5", 99, 1).HeadProbability);
    }

    [Fact]
    public void Traces_are_read_with_a_header_in_the_file_or_beside_it()
    {
        string[] rows = ["t1,12.5,1714557600000000,1714557600012500,0,GET /cart,\"['front', 'cart']\"", "t0,2,1714557599000000,1714557599002000,2,GET /,front"];
        const string header = "traceID,duration-ms,startTime,endTime,rpcErrors,operation,processes";
        var within = TraceFile.Read(_scratch.Write("a/traces.csv", [header, .. rows]));
        _scratch.Write("b/header.csv", header);
        var beside = TraceFile.Read(_scratch.Write("b/traces.csv", rows));
        foreach (var traces in (IReadOnlyList<Trace>[])[within, beside])
        {
            Assert.Equal(["t0", "t1"], traces.Select(trace => trace.Id));
            Assert.Equal([2, 0], traces.Select(trace => trace.Errors));
            Assert.Equal(12.5, traces[1].Milliseconds, 9);
            Assert.Equal(["front", "cart"], traces[1].Services);
            Assert.Equal(Start, traces[1].StartNs);
        }
        Assert.Contains("header.csv", Assert.Throws<DataException>(() => TraceFile.Read(_scratch.Write("c/traces.csv", rows))).Message);
        var backwards = Assert.Throws<DataException>(() => TraceFile.Read(_scratch.Write("d.csv", header, "t,1,1714557600000000,1714557500000000,0,op,")));
        Assert.Equal(2, backwards.Line);
    }

    /// <summary>The small experiment with a trace a second: slow ones while a service is faulty.</summary>
    private string WriteExperiment()
    {
        var folder = SmallExperiment.WriteCollected(_scratch, ("cart", 250, 269), ("front", 320, 339));
        var random = new Random(3);
        var traces = Enumerable.Range(0, 10 * SmallExperiment.Rows).Select(i =>
        {
            var faulty = i / 10 is >= 250 and <= 269 or >= 320 and <= 339;
            var start = Start / 1000 + i * 1_000_000L;
            var duration = (long)(1000 * (20 + 10 * random.NextDouble() + (faulty && i % 3 == 0 ? 400 : 0)));
            return $"t{i},{(duration / 1000.0).ToString("R", CultureInfo.InvariantCulture)},{start},{start + duration},0,GET /cart,front;cart";
        });
        _scratch.Write("e/traces.csv", ["traceID,duration-ms,startTime,endTime,rpcErrors,operation,processes", .. traces]);
        return folder;
    }

    [Fact]
    public async Task Sampling_keeps_the_slow_traces_of_an_experiment_for_a_part_of_the_cost()
    {
        var folder = WriteExperiment();
        Assert.Equal(0, (await Run("pipeline", "split", folder)).Status);
        var (status, output) = await Run("traces", "sample", "--data", folder, "--traces", Path.Combine(folder, "traces.csv"), "--model", "RFD");
        Assert.Equal(0, status);
        Assert.Contains("2000 traces judged, 133 of them worth keeping", output);
        var rows = File.ReadAllLines(Path.Combine(folder, "results/traces_sampled.csv")).Select(line => line.Split(',')).ToArray();
        Assert.Equal(["label", "head_p", "best_config", "latency", "both"], rows[0][7..]);
        var worth = rows[1..].Where(row => row[7] == "1").ToArray();
        // 40 of 200 rows are faulty: a fifth of the traces; a row decides for those after it, so each fault loses up to one row and gains one.
        Assert.InRange(worth.Count(row => row[9] == "1") / (double)worth.Length, 0.9, 1);
        Assert.InRange(rows[1..].Count(row => row[9] == "1") / 2000.0, 0.15, 0.35);
        Assert.All(rows[1..], row => Assert.Equal(row[9] == "1" || row[10] == "1", row[11] == "1"));
        Assert.True(new FileInfo(Path.Combine(folder, "results/traces_sampled.csv")).Length > 0);
    }

    [Fact]
    public async Task Evaluation_draws_coverage_over_cost_of_detectors_of_latency_and_of_both()
    {
        var folder = WriteExperiment();
        await Run("pipeline", "split", folder);
        var (status, output) = await Run("traces", "evaluate", "--data", folder, "--traces", Path.Combine(folder, "traces.csv"), "--model", "TH");
        Assert.Equal(0, status);
        var rows = File.ReadAllLines(Path.Combine(folder, "results/trace_sampling.csv")).Select(line => line.Split(',')).ToArray();
        Assert.Equal(["curve", "sampling", "share", "coverage"], rows[0]);
        var curves = rows[1..].GroupBy(row => row[0]).ToDictionary(curve => curve.Key, curve => curve.Select(row => (Name: row[1], Share: Number(row[2]), Coverage: Number(row[3]))).ToArray());
        Assert.Equal(["TH", "TH or latency", "latency trigger", "head sampling"], curves.Keys);
        Assert.Equal(["TH p90", "TH p95", "TH p98", "TH p99", "TH p99.5", "TH p99.9"], curves["TH"].Select(point => point.Name));
        Assert.Equal(["latency 0.5 sd", "latency 1 sd", "latency 2 sd", "latency 3 sd", "latency 4 sd", "latency 6 sd"], curves["latency trigger"].Select(point => point.Name));
        Assert.Equal(["head 1 %", "head 5 %", "head 10 %", "head 20 %"], curves["head sampling"].Select(point => point.Name));
        // A stricter threshold never keeps more.
        foreach (var name in (string[])["TH", "TH or latency", "latency trigger"])
            Assert.Equal(curves[name].Select(point => point.Share).OrderDescending(), curves[name].Select(point => point.Share));
        // Both keep at least what either keeps, and no more than the two together.
        var trigger = curves["latency trigger"].Single(point => point.Name == "latency 3 sd");
        foreach (var (alone, both) in curves["TH"].Zip(curves["TH or latency"]))
        {
            Assert.Equal($"{alone.Name} or latency", both.Name);
            Assert.InRange(both.Share, Math.Max(alone.Share, trigger.Share), alone.Share + trigger.Share);
            Assert.InRange(both.Coverage, Math.Max(alone.Coverage, trigger.Coverage), 1);
        }
        Assert.Contains("or latency: kept", output);
        Assert.True(File.Exists(Path.Combine(folder, "results/trace_sampling.png")));
        // The legend names every curve; head sampling's points say what they are.
        var texts = XDocument.Load(Path.Combine(folder, "results/trace_sampling.svg")).Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value.Trim()).ToHashSet();
        Assert.Superset(new HashSet<string> { "TH", "TH or latency", "latency trigger", "head sampling", "by chance", "3σ", "1 %", "5 %", "10 %", "20 %", "traces kept, %" }, texts);
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    [Fact]
    public async Task The_development_set_can_be_sampled()
    {
        var folder = DevelopmentSet.Folder;
        var (status, output) = await Run("traces", "sample", "--data", folder, "--traces", Path.Combine(folder, "traces.csv.gz"), "--model", "TH", "--out", _scratch.Path("sampled.csv"));
        Assert.Equal(0, status);
        Assert.Contains("thresholds of 4 operations from 502 traces", output);
    }
}

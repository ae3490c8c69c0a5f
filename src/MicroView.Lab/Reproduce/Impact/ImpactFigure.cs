using System.Globalization;

namespace MicroView.Lab;

/// <summary>Sec. 6.1: what monitoring costs the application that is watched.</summary>
internal sealed class ImpactFigure : IFigure
{
    public const string None = "none";
    public const string NoneAgain = "none again";
    public const string Ours = "microview";

    public string Name => "impact";

    public string Title => "Latency and throughput of a busy service, by how it is watched";

    public string Section => "Sec. 6.1/6.2, application impact";

    public IReadOnlyList<string> Differences { get; } =
    [
        "The service is `samples/Busy`: HTTP, 16 KiB hashed per request, 64 metrics of which a request updates 18, under each library as its own users write it.",
        "The service has a core of its own (taskset) where there are two; load generator, collector and Prometheus share the others. On a machine with an IPU the collector would not even be there.",
        "wrk -t1 -c8, a closed loop: a slower service gets fewer requests, so latencies are those at each one's own throughput.",
        "prometheus-net and OpenTelemetry are scraped by Debian's Prometheus at the interval; where a scrape takes longer than that, at the next one it can. OpenTelemetry's cache of answers is off.",
        "MicroView's collector classifies at most ten rows a second, at any interval of scrapes, as it does by default.",
    ];

    public IReadOnlyList<FigureStep> Plan(FigureOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var (rounds, warmUp, seconds) = options.Pick((6, 5, 10), (1, 2, 4), (1, 1, 1));
        // Every round measures everything; what is first in one is later in the next, for machines drift.
        return [.. Enumerable.Range(0, rounds).Select(round => new FigureStep($"round_{round + 1}", $"round {round + 1} of {rounds}", Cases(options.Scale).Count * (warmUp + seconds + 2), new Dictionary<string, string>
        {
            ["round"] = round.ToString(CultureInfo.InvariantCulture), ["warm_up"] = warmUp.ToString(CultureInfo.InvariantCulture), ["seconds"] = seconds.ToString(CultureInfo.InvariantCulture),
            ["scale"] = options.Scale.ToString(),
        }))];
    }

    public async Task RunAsync(FigureStep step, StepContext context, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(step);
        ArgumentNullException.ThrowIfNull(context);
        if (Environment.ProcessorCount < 2 || Programs.Find("taskset") is null)
            context.Note("The service is bound to no core here: its load and its monitors take time from it.");
        context.Csv.WriteRow("monitor", "interval", "requests_per_second", "p50_ms", "p90_ms", "p99_ms", "app_us_per_request", "app_cores", "monitor_cores", "scrapes_per_second");
        var cases = Cases(Enum.Parse<FigureScale>(step["scale"]));
        for (var i = 0; i < cases.Count; i++)
        {
            var (monitor, interval) = cases[(i + 4 * step.Count("round")) % cases.Count];
            var run = await ImpactRun.MeasureAsync(monitor, interval, step.Number("warm_up"), step.Number("seconds"), context, stop);
            double Latency(double percentile) => run.Load.Percentiles.GetValueOrDefault(percentile, double.NaN);
            context.Csv.WriteRow(monitor, interval, run.Load.RequestsPerSecond, Latency(50), Latency(90), Latency(99), run.ApplicationCores / run.Load.RequestsPerSecond * 1e6, run.ApplicationCores, run.MonitorCores, run.ScrapesPerSecond);
        }
    }

    public void Draw(FigureFolder folder, FigureReport report) => ImpactDrawing.Draw(folder, report);

    /// <summary>Monitor and seconds between scrapes. Nothing is measured twice: the two tell what noise is.</summary>
    private static List<(string Monitor, double Interval)> Cases(FigureScale scale)
    {
        double[] intervals = scale switch { FigureScale.Full => [1, 0.1, 0.01, 0.001], FigureScale.Quick => [0.01], _ => [0.1] };
        var cases = new List<(string, double)> { (None, 0) };
        foreach (var monitor in (string[])[Ours, "prometheus-net", "opentelemetry"])
            cases.AddRange((monitor == Ours && scale == FigureScale.Quick ? [1, 0.01, 0.001] : intervals).Select(interval => (monitor, interval)));
        cases.Add((NoneAgain, 0));
        return cases;
    }
}

using System.CommandLine;
using System.Globalization;
using MicroView.Collector;
using MicroView.Protocol;

namespace MicroView.Cli;

/// <summary>A scrape over HTTP, of one mix of values, in one format and encoding.</summary>
internal sealed record ExportFigure(string Mix, string Format, bool Gzip, double RequestsPerSecond, double UsCpuPerSeries, double BestUsCpuPerSeries, double UsCpuPerSeriesOfChanging, long Requests, int Windows);

internal sealed record ExportReport
{
    public string Benchmark { get; } = "export";

    public required string Method { get; init; }

    public required BenchMachine Machine { get; init; }

    public required int Series { get; init; }

    public required double DurationSeconds { get; init; }

    /// <summary>Of the mix that was asked for: the fixed mix, or full precision with --full-precision.</summary>
    public required string Mix { get; init; }

    public required double RequestsPerSecond { get; init; }

    public required double UsCpuPerSeries { get; init; }

    /// <summary>Both mixes as text 0.0.4, and the fixed mix as OpenMetrics and compressed.</summary>
    public required ExportFigure[] Cases { get; init; }

    public string? Note { get; init; }
}

/// <summary>`microview bench export`.</summary>
internal static class ExportBench
{
    private const double WindowSeconds = 0.25;
    private const int MostEmptyWindows = 40;

    private const string Method =
        "The collector's own endpoint (Kestrel) over a document of pods with 64 metrics, scraped over one keep-alive connection by another process on another core, as wrk -t1 -c1 " +
        "does. CPU is the process clock of the server, kernel time of its sockets included, less that of changing the values, over windows of 0.25 s: median (best). fixed_mix: 60 % " +
        "integer counters, 30 % gauges of up to 4 significant digits, 10 % full precision; in both mixes half of the values change between scrapes. A real Prometheus asks for OpenMetrics with gzip.";

    public static Command Create()
    {
        var options = new BenchOptionTable(5);
        var series = Kinds.Count("--series", "N", "Series in the document", 2048, 1, 1_000_000);
        var full = Kinds.Flag("--full-precision", "Lead with values of 17 digits throughout [default: lead with the fixed mix; both are measured]");
        var command = new DocumentedCommand("export", "Cost of a Prometheus scrape over HTTP, by series.",
            new("microview bench export --series 2048 --duration 10", "both mixes, OpenMetrics, and gzip; 10 s each"),
            new("microview bench export --series 16384 --full-precision --json", "one JSON object, led by full precision"));
        options.AddTo(command, series, full);
        BenchRunner.SetAction(command, options, BenchJson.Default.ExportReport,
            (result, context) => MeasureAsync(result.GetValue(series), result.GetValue(full), context), Print);
        return command;
    }

    /// <summary>The load generator, which `bench export` starts.</summary>
    public static Command CreateLoad()
    {
        var (accept, encoding) = (Kinds.Text("--accept", "TYPE", "Accept header"), Kinds.Text("--accept-encoding", "CODING", "Accept-Encoding header"));
        var url = new Option<Uri>("--url") { Required = true, CustomParser = result => Uri.TryCreate(result.Tokens[^1].Value, UriKind.Absolute, out var address) ? address : null };
        var options = new BenchOptionTable(0);
        var command = new Command("load", "Scrape a URL until standard input ends.") { url, accept, encoding, options.Cpu, options.Debug };
        command.Hidden = true;
        command.SetAction((result, cancellation) => Running.RunAsync(result, options.Debug, _ => Task.Run(() =>
        {
            var answers = BenchCores.RunOn(BenchCores.Choose(result.GetValue(options.Cpu)).Measuring, () => ScrapeLoad.Run(result.GetValue(url)!, result.GetValue(accept) ?? ScrapeRequest.Text.Accept, result.GetValue(encoding)));
            result.InvocationConfiguration.Output.WriteLine(answers.ToString(CultureInfo.InvariantCulture));
            return ExitCode.Success;
        }), cancellation));
        return command;
    }

    private static async Task<ExportReport> MeasureAsync(int series, bool fullPrecision, BenchContext context)
    {
        var note = context.Cores.HasTwo ? null : "only one core was allowed: server and load generator took turns on it, so requests_per_second is of both";
        if (note is not null)
            BenchContext.Tell(note);
        var mix = await MeasureAsync("fixed_mix", ScrapeRequest.Text, new ExportMix(series, fullPrecision: false), context);
        var full = await MeasureAsync("full_precision", ScrapeRequest.Text, new ExportMix(series, fullPrecision: true), context);
        var lead = fullPrecision ? full : mix;
        var others = new List<ExportFigure>();
        foreach (var request in (ScrapeRequest[])[ScrapeRequest.OpenMetrics, ScrapeRequest.Text.Compressed, ScrapeRequest.OpenMetrics.Compressed])
            others.Add(await MeasureAsync("fixed_mix", request, new ExportMix(series, fullPrecision: false), context));
        return new()
        {
            Method = Method, Machine = BenchMachine.Describe(context.Cores), Series = series, DurationSeconds = context.Seconds, Mix = lead.Mix,
            RequestsPerSecond = lead.RequestsPerSecond, UsCpuPerSeries = lead.UsCpuPerSeries, Cases = [mix, full, .. others], Note = note,
        };
    }

    private static async Task<ExportFigure> MeasureAsync(string mixName, ScrapeRequest request, ExportMix mix, BenchContext context)
    {
        var (format, isCompressed) = (request.Accept == ScrapeRequest.Text.Accept ? "text" : "openmetrics", request.Encoding is not null);
        var name = $"{mixName}, {format}{(isCompressed ? ", gzip" : "")}";
        long requests = 0, changing = 0;
        await using var endpoint = await MetricsEndpoint.StartAsync(mix.Document, "127.0.0.1", 0, () =>
        {
            // Called once per scrape, by the thread that serves it, one at a time.
            var cpu = Clocks.ThreadCpuNs;
            mix.Change();
            Volatile.Write(ref changing, changing + Clocks.ThreadCpuNs - cpu);
            Volatile.Write(ref requests, requests + 1);
        }, cancellation: context.Stop);
        using var load = ScrapeLoad.Start(new Uri(endpoint.Address, "/metrics"), request, context.Cores.Other);
        try
        {
            BenchContext.Tell($"{name}: warming up");
            await WaitAsync(Math.Clamp(context.Seconds, 0.3, 3), load, context);
            var (cost, rate, change, windows) = (new Samples(), new Samples(), new Samples(), 0);
            var start = Clocks.MonotonicNs;
            var first = Volatile.Read(ref requests);
            // A machine that is busy with something else may take several windows for one scrape.
            for (; context.Goes(start, windows, 3) || (cost.Count == 0 && windows < MostEmptyWindows); windows++)
            {
                context.TellProgress(start, name);
                var before = (Cpu: Clocks.ProcessCpuNs, Time: Clocks.MonotonicNs, Changing: Volatile.Read(ref changing), Requests: Volatile.Read(ref requests));
                await WaitAsync(WindowSeconds, load, context);
                var (count, changed) = (Volatile.Read(ref requests) - before.Requests, Volatile.Read(ref changing) - before.Changing);
                if (count == 0)
                    continue;
                cost.Add((Clocks.ProcessCpuNs - before.Cpu - changed) / 1e3 / count / mix.Series);
                change.Add(changed / 1e3 / count / mix.Series);
                rate.Add(count / ((Clocks.MonotonicNs - before.Time) / 1e9));
            }
            if (cost.Count == 0)
                throw new InvalidOperationException($"no scrape of {mix.Series} series ended within {MostEmptyWindows * WindowSeconds} s; take fewer series");
            return new(mixName, format, isCompressed, rate.Median, cost.Median, cost.Best, change.Median, Volatile.Read(ref requests) - first, cost.Count);
        }
        finally
        {
            load.StandardInput.Close();
            if (!load.WaitForExit(5000))
                load.Kill();
        }
    }

    /// <summary>Waits; throws when the load generator ends, since then nothing is measured.</summary>
    private static async Task WaitAsync(double seconds, System.Diagnostics.Process load, BenchContext context)
    {
        await Task.Delay(TimeSpan.FromSeconds(seconds), context.Stop);
        if (load.HasExited)
            throw new UserException($"the load generator ended by itself (exit code {load.ExitCode})", ExitCode.Failed);
    }

    private static void Print(ExportReport report, TextWriter output)
    {
        var table = new BenchTable($"{report.Series} series", "µs CPU per series", "best", "requests/s");
        foreach (var figure in report.Cases)
            table.Add($"{figure.Mix}, {figure.Format}{(figure.Gzip ? ", gzip" : "")}", Fine(figure.UsCpuPerSeries), Fine(figure.BestUsCpuPerSeries), BenchTable.Figure(figure.RequestsPerSecond));
        table.WriteTo(output);
        if (report.Note is not null)
            output.WriteLine(report.Note);
        BenchTable.WriteNotes(output, report.Method, report.Machine);
    }

    private static string Fine(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}

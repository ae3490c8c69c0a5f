using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace MicroView.Lab;

/// <summary>Measures one system: its processes' CPU time and the bytes of its endpoint, sample by sample.</summary>
internal static class OverheadMeasurement
{
    public const string Generate = "generate";
    public const string Ingest = "ingest";

    private const int LeastSamples = 3;
    private const int KeptCharacters = 100_000; // of a document: enough to see what a system tells
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);
    // On connections of its own: one that stays open would keep a server awake that rests without.
    private static readonly HttpClient s_http = new() { Timeout = TimeSpan.FromSeconds(30), DefaultRequestHeaders = { ConnectionClose = true } };

    // So long before the measurement nobody but the ingesters asks any more.
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(35);

    private static void WriteHeader(TextWriter csv) => csv.WriteRow("system", "part", "containers", "generation", "ingestion", "time", "cpu_sys", "cpu_user", "cpu", "net", "series");

    /// <summary>Measures all of them in rounds (<see cref="OverheadRounds"/>): those of a round run side by side, and in the same seconds.</summary>
    public static async Task RunAsync(IReadOnlyList<OverheadSystem> systems, OverheadSetting setting, StepContext context, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(systems);
        ArgumentNullException.ThrowIfNull(setting);
        ArgumentNullException.ThrowIfNull(context);
        WriteHeader(context.Csv);
        var rounds = OverheadRounds.Of(systems, setting, Environment.ProcessorCount);
        if (rounds.Count > 1)
            context.Note($"With {setting.Containers} containers, ingested every {OverheadFigure.Interval(setting.Ingestion)}, all systems together would need more than this machine has: MicroView's were measured side by side, then each peer by itself.");
        foreach (var round in rounds)
            await RunRoundAsync(round, setting, context, stop);
    }

    private static async Task RunRoundAsync(IReadOnlyList<OverheadSystem> systems, OverheadSetting setting, StepContext context, CancellationToken stop)
    {
        var measured = new List<MeasuredSystem>();
        try
        {
            // One after the other: starting costs most of them more than running, and they would wait for each other's.
            foreach (var system in systems)
            {
                var one = new MeasuredSystem(system, await system.Start(setting, context, stop));
                measured.Add(one);
                if (!await StartIngestionAsync(one, setting, context, stop))
                    measured.Remove(one);
            }
            if (measured.Count == 0)
                return;
            var (warmUp, quiet) = (TimeSpan.FromSeconds(setting.WarmUp), setting.WarmUp > 2 * s_quiet.TotalSeconds ? s_quiet : TimeSpan.Zero);
            await Task.Delay(warmUp - quiet, stop);
            foreach (var one in measured)
                await CountSeriesAsync(one, setting, context, stop);
            await Task.Delay(quiet, stop);
            foreach (var one in measured)
                one.Begin();
            await SampleAsync(measured, setting, context, stop);
            foreach (var one in measured)
                await CountScrapesAsync(one, setting, context, stop);
            foreach (var process in measured.SelectMany(one => one.Ingesters.Concat(one.Running.Generators)))
                await process.StopAsync(TimeSpan.FromSeconds(15), stop);
        }
        finally
        {
            foreach (var one in measured)
                await one.DisposeAsync();
        }
    }

    /// <summary>A peer that does not work here is left out, and that is said; ours must work.</summary>
    private static async Task<bool> StartIngestionAsync(MeasuredSystem one, OverheadSetting setting, StepContext context, CancellationToken stop)
    {
        try
        {
            await WaitForContainersAsync(one, setting, context, stop);
        }
        catch (LabException problem) when (!one.System.IsOurs)
        {
            context.Note($"With {setting.Containers} containers {one.System.Name} is left out: {problem.Message}");
            foreach (var process in one.Running.Generators)
                await process.StopAsync(TimeSpan.FromSeconds(15), stop);
            await one.DisposeAsync();
            return false;
        }
        if (one.Running.Scraped)
        {
            one.PrometheusPort = Testbed.FreePort();
            one.Ingesters.Add(PrometheusServer.Start(context, $"prometheus-{one.System.Name}", one.Running, one.Proxy.Port, setting.Ingestion, one.PrometheusPort));
        }
        return true;
    }

    /// <summary>Rates and states of alarms come with time, so this is done late.</summary>
    private static async Task CountSeriesAsync(MeasuredSystem one, OverheadSetting setting, StepContext context, CancellationToken stop)
    {
        var document = await TryReadAsync(one.Running.Address, stop);
        if (document is null && one.System.IsOurs)
            throw one.Running.Generators[0].Failure($"{one.Running.Address} does not answer any more");
        if (document is null)
            context.Note($"With {setting.Containers} containers, ingested every {OverheadFigure.Interval(setting.Ingestion)}, {one.System.Name} answers Prometheus and nobody else: its series could not be counted.");
        one.Series = document?.Split('\n').Count(line => line.Length > 0 && line[0] != '#') ?? 0;
        await File.WriteAllTextAsync(Path.Combine(context.Files, $"{one.System.Name}.metrics.txt"), document?[..Math.Min(document.Length, KeptCharacters)], stop);
    }

    /// <summary>What is asked for more than it can tell is cheaper than it looks: how many of the scrapes were in time.</summary>
    private static async Task CountScrapesAsync(MeasuredSystem one, OverheadSetting setting, StepContext context, CancellationToken stop)
    {
        if (one.PrometheusPort == 0)
            return;
        var query = string.Create(CultureInfo.InvariantCulture, $"avg_over_time(up[{Math.Ceiling(setting.Seconds)}s])");
        if (await TryReadAsync(new($"http://127.0.0.1:{one.PrometheusPort}/api/v1/query?query={Uri.EscapeDataString(query)}"), stop) is not { } answer)
            return;
        using var json = JsonDocument.Parse(answer);
        var result = json.RootElement.GetProperty("data").GetProperty("result");
        var inTime = result.GetArrayLength() == 0 ? 0 : double.Parse(result[0].GetProperty("value")[1].GetString()!, CultureInfo.InvariantCulture);
        if (inTime < 1)
            context.Note(string.Create(CultureInfo.InvariantCulture, $"With {setting.Containers} containers, ingested every {OverheadFigure.Interval(setting.Ingestion)}, {one.System.Name} answered {inTime:P0} of Prometheus' scrapes in time."));
    }

    private static async Task SampleAsync(List<MeasuredSystem> systems, OverheadSetting setting, StepContext context, CancellationToken stop)
    {
        // A sample is a whole number of collections, or a second of them.
        var every = Math.Max(1, setting.Ingestion);
        var samples = Math.Max(LeastSamples, (int)(setting.Seconds / every));
        every = Math.Min(every, setting.Seconds / samples);
        var watch = Stopwatch.StartNew();
        for (var sample = 1; sample <= samples; sample++)
        {
            await Task.Delay(TimeSpan.FromSeconds(Math.Max(0, sample * every - watch.Elapsed.TotalSeconds)), stop);
            foreach (var system in systems)
                system.Sample(setting, context.Csv);
        }
    }

    /// <summary>Waits until the endpoint tells of all containers. Where it does not, that is said, and measured all the same.</summary>
    private static async Task WaitForContainersAsync(MeasuredSystem one, OverheadSetting setting, StepContext context, CancellationToken stop)
    {
        // Netdata finds a container at one collection, and tells of it after two more.
        var patience = s_patience + TimeSpan.FromSeconds(4 * setting.Generation);
        for (var watch = Stopwatch.StartNew(); ; await Task.Delay(250, stop))
        {
            one.RequireAlive();
            var document = await TryReadAsync(one.Running.Address, stop);
            var told = document is not { Length: > 0 } ? -1 : one.System.Told?.Invoke(document) ?? setting.Containers;
            if (told >= setting.Containers)
                return;
            if (watch.Elapsed < patience)
                continue;
            if (told <= 0)
                throw one.Running.Generators[0].Failure($"{one.Running.Address} {(told < 0 ? "does not answer" : "tells of no container")} after {patience.TotalSeconds:0} s");
            context.Note($"{one.System.Name} told of {told} of {setting.Containers} containers.");
            return;
        }
    }

    private static async Task<string?> TryReadAsync(Uri address, CancellationToken stop)
    {
        try
        {
            return await s_http.GetStringAsync(address, stop);
        }
        catch (Exception error) when (error is HttpRequestException or IOException || (error is TaskCanceledException && !stop.IsCancellationRequested))
        {
            return null; // not yet, or not in time
        }
    }
}

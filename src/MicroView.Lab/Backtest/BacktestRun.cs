using System.Globalization;
using System.Text.Json;
using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>What `lab backtest` was asked for.</summary>
internal sealed record BacktestRequest
{
    public required PrometheusOptions Prometheus { get; init; }
    public required string Out { get; init; }

    /// <summary>How far to look back, seconds.</summary>
    public required double SinceSeconds { get; init; }

    /// <summary>The end, nanoseconds since 1970; null for now.</summary>
    public long? UntilNs { get; init; }

    public SeriesSelector Match { get; init; } = SeriesSelector.All;
    public string? ServiceLabel { get; init; }

    /// <summary>Seconds between rows; null for the scrape interval.</summary>
    public double? StepSeconds { get; init; }

    public double TrainShare { get; init; } = 0.3;
    public int MostSeries { get; init; } = 256;
    public bool Alerts { get; init; }
    public bool Json { get; init; }
    public required AnalyzerOptions Analysis { get; init; }
}

/// <summary>Reads histories from a Prometheus, replays them and writes the page.</summary>
internal static class BacktestRun
{
    private const int UsualStepSeconds = 15;
    private const double FewestRows = 2 * ServiceReplay.FewestRows;

    public static async Task<int> Execute(BacktestRequest request, TextWriter output, TextWriter messages, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(messages);
        request.Analysis.Validate();
        using var client = new PrometheusClient(request.Prometheus);
        var until = (request.UntilNs ?? DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000_000) / 1_000_000;
        var span = TimeGrid.Between(until - (long)(request.SinceSeconds * 1000), until, 1000);
        var services = await ServiceCatalog.Find(client, request.Match, request.ServiceLabel, span, stop).ConfigureAwait(false);
        if (services.Count == 0)
            throw new LabException(NoSeries(request, span));
        var interval = await ScrapeInterval.Find(client, services, span, stop).ConfigureAwait(false) ?? UsualStepSeconds;
        var grid = TimeGrid.Between(span.StartMs, span.EndMs, (long)Math.Max(1, (request.StepSeconds ?? interval) * 1000));
        if (grid.Count < FewestRows)
            throw new LabException($"--since: {SeriesFile.Duration((span.EndMs - span.StartMs) * 1_000_000)} are {grid.Count} rows at a step of {SeriesFile.Duration(grid.StepMs * 1_000_000)}; at least {FewestRows} are needed", ExitCode.Usage);
        var types = await client.MetricTypes(stop).ConfigureAwait(false);
        // Four scrapes, as is usual: a rate over fewer is missing whenever one of them fails.
        var reader = new HistoryReader(client, grid, types, (int)Math.Max(4 * interval, grid.StepMs / 1000), request.MostSeries);
        var results = LabProgress.Run($"backtest of {services.Count} services", services.Count, progress => Replay(request, reader, services, progress, stop).GetAwaiter().GetResult());
        BacktestService[] judged = [.. results.Select(result => result.Service)];
        BacktestAlarm[] alarms = [.. results.SelectMany(result => result.Alarms).OrderBy(alarm => alarm.StartNs).ThenBy(alarm => alarm.Service, StringComparer.Ordinal)];
        if (Array.TrueForAll(judged, service => service.PassedOver is not null))
            throw new LabException(TooShort(judged));
        var alerts = request.Alerts ? AlertHistory.Compare(await AlertHistory.Read(client, grid, request.ServiceLabel, stop).ConfigureAwait(false), alarms, judged) : null;
        var report = new BacktestReport
        {
            Source = request.Prometheus.Url.GetComponents(UriComponents.HttpRequestUrl, UriFormat.SafeUnescaped),
            Model = request.Analysis.Detector.Model,
            From = CsvTime.Format(grid.StartMs * 1_000_000),
            Until = CsvTime.Format(grid.EndMs * 1_000_000),
            StepSeconds = grid.StepMs / 1000.0,
            TrainShare = request.TrainShare,
            Queries = client.Queries,
            Services = judged,
            Alarms = alarms,
            Alerts = alerts,
        };
        ResultFile.Write(request.Out, text => BacktestPage.Write(text, report));
        if (request.Json)
            output.WriteLine(JsonSerializer.Serialize(report, LabJson.Default.BacktestReport));
        else
            BacktestSummary.Write(output, report);
        messages.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{client.Queries} queries, {client.Bytes / 1e6:0.#} MB read; report in {request.Out}"));
        return ExitCode.Success;
    }

    private static async Task<(BacktestService Service, IReadOnlyList<BacktestAlarm> Alarms)[]> Replay(
        BacktestRequest request, HistoryReader reader, IReadOnlyList<CatalogService> services, LabProgress progress, CancellationToken stop)
    {
        var results = new (BacktestService, IReadOnlyList<BacktestAlarm>)[services.Count];
        // One service more than queries: while one is replayed, the others are read. Only they are in memory.
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = request.Prometheus.Concurrency + 1, CancellationToken = stop };
        await Parallel.ForAsync(0, services.Count, parallel, async (i, cancel) =>
        {
            var history = await reader.Read(services[i], cancel).ConfigureAwait(false);
            results[i] = ServiceReplay.Run(history, request.TrainShare, request.Analysis);
            progress.Add();
        }).ConfigureAwait(false);
        return results;
    }

    private static string NoSeries(BacktestRequest request, TimeGrid span)
    {
        var labels = request.ServiceLabel ?? string.Join(", ", ServiceCatalog.Labels);
        return $"{request.Prometheus.Url.GetComponents(UriComponents.HttpRequestUrl, UriFormat.SafeUnescaped)}: no series with a label {labels} match {request.Match} from {CsvTime.Format(span.StartMs * 1_000_000)} to {CsvTime.Format(span.EndMs * 1_000_000)}; see --match, --service-label, --since and --until";
    }

    private static string TooShort(BacktestService[] services) =>
        $"the history is too short to judge any of {services.Length} services: {services[0].Service}: {services[0].PassedOver}; use a longer --since, a shorter --step or another --train-share";
}

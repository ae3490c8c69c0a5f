using System.Globalization;

namespace MicroView.Lab;

/// <summary>What is downloaded, and where it goes.</summary>
internal sealed record DownloadRequest
{
    /// <summary>null for no metrics.</summary>
    public PrometheusOptions? Prometheus { get; init; }

    /// <summary>Address of a Jaeger's query service; null for no traces.</summary>
    public Uri? Jaeger { get; init; }

    public required string Out { get; init; }
    public required double SinceSeconds { get; init; }

    /// <summary>Nanoseconds since 1970; null for now.</summary>
    public long? UntilNs { get; init; }

    public SeriesSelector Match { get; init; } = SeriesSelector.All;
    public string? ServiceLabel { get; init; }
    public double? StepSeconds { get; init; }
    public int MostSeries { get; init; } = 256;
    public string? ConfigFile { get; init; }
    public TimeSpan Pause { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>Traces that one answer may hold.</summary>
    public int TraceLimit { get; init; } = 1000;

    /// <summary>The range, milliseconds since 1970.</summary>
    public TimeGrid Span()
    {
        var until = (UntilNs ?? DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() * 1_000_000) / 1_000_000;
        return TimeGrid.Between(until - (long)(SinceSeconds * 1000), until, 1000);
    }
}

/// <summary>Downloads the metrics of each service into the artifact's layout: metrics/SERVICE/data.csv and column_desc.json.</summary>
internal static class MetricDownload
{
    private const int UsualStepSeconds = 15;

    /// <summary>Returns how many services were written.</summary>
    public static async Task<int> Execute(DownloadRequest request, TextWriter output, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(output);
        var config = request.ConfigFile is { } file ? MetricConfig.Read(file) : MetricConfig.All;
        var match = config.Namespace is { } name ? request.Match.Where("namespace", name) : request.Match;
        using var client = new PrometheusClient(request.Prometheus!);
        var span = request.Span();
        CatalogService[] services = [.. (await ServiceCatalog.Find(client, match, request.ServiceLabel, span, stop).ConfigureAwait(false)).Where(service => !config.ExcludedServices.Contains(service.Name))];
        if (services.Length == 0)
            throw new LabException($"{request.Prometheus!.Url.GetComponents(UriComponents.HttpRequestUrl, UriFormat.SafeUnescaped)}: no series of a service match {match} from {CsvTime.Format(span.StartMs * 1_000_000)} to {CsvTime.Format(span.EndMs * 1_000_000)}");
        var interval = config.ScrapeSeconds ?? await ScrapeInterval.Find(client, services, span, stop).ConfigureAwait(false) ?? UsualStepSeconds;
        var grid = TimeGrid.Between(span.StartMs, span.EndMs, (long)Math.Max(1, (request.StepSeconds ?? interval) * 1000));
        var types = await client.MetricTypes(stop).ConfigureAwait(false);
        var reader = new HistoryReader(client, grid, types, (int)Math.Max(4 * interval, grid.StepMs / 1000), request.MostSeries) { Wanted = config.IsWanted };
        return LabProgress.Run($"download of {services.Length} services", services.Length, progress => Download(request, reader, services, progress, output, stop).GetAwaiter().GetResult());
    }

    private static async Task<int> Download(DownloadRequest request, HistoryReader reader, CatalogService[] services, LabProgress progress, TextWriter output, CancellationToken stop)
    {
        var written = 0;
        foreach (var service in services)
        {
            var history = await reader.Read(service, stop).ConfigureAwait(false);
            progress.Add();
            if (history.Rows.Count == 0)
            {
                output.WriteLine($"{service.Name}: no metric that is wanted has values");
                continue;
            }
            var place = Path.Combine(request.Out, DataSetReader.MetricsFolder, FolderName(service.Name));
            ArtifactReader.WriteRows(Path.Combine(place, SplitRun.CollectedFile), history.Rows);
            ColumnDescription.Write(Path.Combine(place, "column_desc.json"), history.Rows.Metrics);
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{service.Name}: {history.Rows.Count} rows of {history.Rows.Width} metrics{(history.LeftOut > 0 ? $", {history.LeftOut} left out" : "")}"));
            written++;
        }
        return written > 0 ? written : throw new LabException("nothing was downloaded: no service has a metric that is wanted");
    }

    /// <summary>A service's name as a folder: what could lead elsewhere is replaced.</summary>
    internal static string FolderName(string service)
    {
        var name = string.Concat(service.Select(c => c is '/' or '\\' or '\0' || char.IsControl(c) ? '_' : c));
        return name is "." or ".." ? "_" : name;
    }
}

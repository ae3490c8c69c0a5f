using System.CommandLine;

namespace MicroView.Lab;

/// <summary>The options that say what is read from a Prometheus, and how gently.</summary>
internal sealed class PrometheusOptionTable(bool required)
{
    public Option<string?> Prometheus { get; } = new("--prometheus") { Description = "Address of a Prometheus, or of what speaks its HTTP API (Thanos, Mimir, VictoriaMetrics); only read from", HelpName = "URL", Required = required };

    public Option<double?> Since { get; } = Seconds("--since", "How far to look back: 12h, 7d", 7 * 86400);

    public Option<long?> Until { get; } = LabOptions.Time("--until", "The end of what is read [default: now]");

    public Option<SeriesSelector> Match { get; } = Kinds.Value("--match", "SELECTOR", "Only series that match, as {namespace=\"shop\"} [default: all]", SeriesSelector.All, "a series selector: name, {label=\"value\"} or both",
        (string text, out SeriesSelector value) => SeriesSelector.TryParse(text, out value));

    public Option<string?> ServiceLabel { get; } = Kinds.Text("--service-label", "LABEL", $"The label that names the service [default: the first that a series has of {string.Join(", ", ServiceCatalog.Labels)}]");

    public Option<double?> Step { get; } = Seconds("--step", "Time between rows [default: the scrape interval]", null);

    public Option<int> MostSeries { get; } = Kinds.Count("--max-series", "N", "Series of a service at most, instances merged; metrics with the most labels are left out first", 256, 1, 4096);

    public Option<int> Concurrency { get; } = Kinds.Count("--concurrency", "N", "Queries at once at most", 2, 1, 16);

    public Option<double?> Pause { get; } = Seconds("--pause", "Rest after each query, but no longer than it took", 0.05);

    public Option<string?> TokenFile { get; } = Kinds.Text("--token-file", "FILE", "A file with a bearer token for the server");

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[Prometheus, Since, Until, Match, ServiceLabel, Step, MostSeries, Concurrency, Pause, TokenFile])
            command.Add(option);
    }

    /// <summary>null if no Prometheus is named.</summary>
    /// <exception cref="LabException">The address is none.</exception>
    public PrometheusOptions? ReadOptions(ParseResult result) => result.GetValue(Prometheus) is not { } text ? null : new PrometheusOptions(Address("--prometheus", text))
    {
        Concurrency = result.GetValue(Concurrency),
        Pause = TimeSpan.FromSeconds(Math.Min(60, result.GetValue(Pause)!.Value)),
        TokenFile = result.GetValue(TokenFile),
    };

    /// <summary>An http(s) address; http:// may be left out.</summary>
    public static Uri Address(string option, string text) =>
        Uri.TryCreate(text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}", UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw new LabException($"{option}: '{text}' is not an address as http://localhost:9090", ExitCode.Usage);

    private static Option<double?> Seconds(string name, string description, double? standard)
    {
        var option = Kinds.OptionalSeconds(name, description);
        if (standard is not null)
            option.DefaultValueFactory = _ => standard;
        return option;
    }
}

using System.CommandLine;

namespace MicroView.Lab;

/// <summary>`microview lab dataset download`: a data set from a Prometheus and a Jaeger.</summary>
internal static class DownloadCommand
{
    public static DocumentedCommand Create()
    {
        var options = new DownloadOptionTable();
        var output = Kinds.Required("--out", "DIR", "Folder of the data set", "-o");
        var (until, share) = (LabOptions.TrainUntil(), LabOptions.TrainShare());
        var command = new DocumentedCommand("download", "Download the metrics of each service from a Prometheus, counters by rate(), and traces from a Jaeger, into the artifact's layout.",
            new("microview lab dataset download --prometheus http://localhost:9090 --since 2h --out experiment", "every service; the first half to learn from"),
            new("microview lab dataset download --prometheus http://localhost:9090 --config metric_config.yaml --jaeger http://localhost:16686 --since 2h --out experiment", "with the artifact's metric filters, and traces")) { output, until, share };
        options.AddTo(command);
        command.SetAction((result, stop) => Task.Run(() => Execute(options.Read(result, result.GetValue(output)!), result.GetValue(until), result.GetValue(share), result.InvocationConfiguration.Output, stop), stop));
        return command;
    }

    private static async Task<int> Execute(DownloadRequest request, long? until, double share, TextWriter output, CancellationToken stop)
    {
        if (request is { Prometheus: null, Jaeger: null })
            throw new LabException("name what to download from: --prometheus URL, --jaeger URL or both", ExitCode.Usage);
        await Collect(request, output, stop).ConfigureAwait(false);
        if (request.Prometheus is not null)
            SplitRun.Execute(request.Out, until, share, output);
        return ExitCode.Success;
    }

    /// <summary>Both downloads, undivided; also the pipeline's step.</summary>
    public static async Task Collect(DownloadRequest request, TextWriter output, CancellationToken stop)
    {
        if (request.Prometheus is not null)
            await MetricDownload.Execute(request, output, stop).ConfigureAwait(false);
        if (request.Jaeger is not null)
            await TraceDownload.Execute(request, output, stop).ConfigureAwait(false);
    }
}

/// <summary>The options of downloads.</summary>
internal sealed class DownloadOptionTable
{
    private readonly PrometheusOptionTable _prometheus = new(required: false);

    public Option<string?> Config { get; } = Kinds.Text("--config", "FILE", "The artifact's metric_config.yaml: families on or off, blacklists, and lists include and exclude of regular expressions");

    public Option<string?> Jaeger { get; } = Kinds.Text("--jaeger", "URL", "Address of a Jaeger's user interface, http://localhost:16686; only read from");

    public Option<int> TraceLimit { get; } = Kinds.Count("--trace-limit", "N", "Traces that one answer of Jaeger may hold; where there are more, shorter times are asked for", 1000, 1, 100_000);

    public void AddTo(Command command)
    {
        _prometheus.AddTo(command);
        foreach (var option in (Option[])[Config, Jaeger, TraceLimit])
            command.Add(option);
    }

    public DownloadRequest Read(ParseResult result, string output) => new()
    {
        Prometheus = _prometheus.ReadOptions(result),
        Jaeger = result.GetValue(Jaeger) is { } jaeger ? PrometheusOptionTable.Address("--jaeger", jaeger) : null,
        Out = output,
        SinceSeconds = result.GetValue(_prometheus.Since)!.Value,
        UntilNs = result.GetValue(_prometheus.Until),
        Match = result.GetValue(_prometheus.Match)!,
        ServiceLabel = result.GetValue(_prometheus.ServiceLabel),
        StepSeconds = result.GetValue(_prometheus.Step),
        MostSeries = result.GetValue(_prometheus.MostSeries),
        ConfigFile = result.GetValue(Config),
        Pause = TimeSpan.FromSeconds(Math.Min(60, result.GetValue(_prometheus.Pause)!.Value)),
        TraceLimit = result.GetValue(TraceLimit),
    };
}

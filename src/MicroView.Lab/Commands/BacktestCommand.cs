using System.CommandLine;
using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>`microview lab backtest`: what MicroView would have said, by the history of a Prometheus.</summary>
internal static class BacktestCommand
{
    public static Command Create()
    {
        var options = new BacktestOptionTable();
        var command = new DocumentedCommand("backtest", "Replay the history that your Prometheus already has through the live detectors: the alarms you would have got, as one HTML page. Nothing is deployed or written there.",
            new("microview lab backtest --prometheus http://localhost:9090 --since 7d", "a week of every service; report.html"),
            new("microview lab backtest --prometheus http://localhost:9090 --since 7d --alerts --out week.html", "compared with the alerts that fired"),
            new("microview lab backtest --prometheus https://prometheus.example --token-file token --match '{namespace=\"shop\"}' --service-label app", "a part of a large Prometheus"));
        options.AddTo(command);
        command.SetAction((result, stop) => Task.Run(() => BacktestRun.Execute(options.Read(result), result.InvocationConfiguration.Output, result.InvocationConfiguration.Error, stop), stop));
        return command;
    }
}

/// <summary>The options of `lab backtest`.</summary>
internal sealed class BacktestOptionTable
{
    // VAE has no network for a service that nobody trained one for.
    private static readonly string[] Models = [.. ModelOptions.Judging.Where(model => model != "VAE")];

    private readonly PrometheusOptionTable _prometheus = new(required: true);

    public Option<string> Out { get; } = Kinds.Value("--out", "FILE", "The page", "report.html", "a file", (string text, out string value) => (value = text).Length > 0, "-o");

    public Option<double> TrainShare { get; } = Kinds.Number("--train-share", "SHARE", "Share of each service's rows to learn from; the rest is judged", 0.3, 0.01, 0.99);

    public Option<bool> Alerts { get; } = Kinds.Flag("--alerts", "Compare with your own alerts, the series ALERTS");

    public Option<string> Model { get; } = Kinds.Choice("--model", "Detector", ModelOptions.Standard, Models, "-m");

    public Option<double?> FalseAlarms { get; } = Kinds.OptionalNumber("--false-alarms", "N", "False alarms that a service may have a day; 0: the detector's own threshold [default: 1 for RFD, else 0]", 0, 1e6);

    public Option<bool> Json { get; } = Kinds.Flag("--json", "Print the result as JSON");

    public void AddTo(Command command)
    {
        _prometheus.AddTo(command);
        foreach (var option in (Option[])[Out, TrainShare, Alerts, Model, FalseAlarms, Json])
            command.Add(option);
    }

    public BacktestRequest Read(ParseResult result) => new()
    {
        Prometheus = _prometheus.ReadOptions(result)!,
        Out = result.GetValue(Out)!,
        SinceSeconds = result.GetValue(_prometheus.Since)!.Value,
        UntilNs = result.GetValue(_prometheus.Until),
        Match = result.GetValue(_prometheus.Match)!,
        ServiceLabel = result.GetValue(_prometheus.ServiceLabel),
        StepSeconds = result.GetValue(_prometheus.Step),
        TrainShare = result.GetValue(TrainShare),
        MostSeries = result.GetValue(_prometheus.MostSeries),
        Alerts = result.GetValue(Alerts),
        Json = result.GetValue(Json),
        Analysis = AnalyzerOptions.Live(result.GetValue(Model)!, result.GetValue(FalseAlarms)),
    };
}

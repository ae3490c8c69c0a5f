using System.CommandLine;
using System.Globalization;

namespace MicroView.Lab;

/// <summary>`microview lab grid`: the paper's grid over services.</summary>
internal static class GridCommand
{
    public static Command Create()
    {
        var options = new GridOptionTable();
        var command = new DocumentedCommand("grid", "Run a grid of configurations over services, in parallel: results per configuration, heatmaps over (k, l).",
            new("microview lab grid --data experiment", "the paper's grid for FD over all services; results in experiment/results"),
            new("microview lab grid --data experiment --service cartservice -k 2,4,6 -l 8,15", "a grid of one's own for one service"));
        options.AddTo(command);
        command.SetAction((result, stop) => Task.Run(() => GridRun.Execute(options.Read(result), result.InvocationConfiguration.Output, stop), stop));
        return command;
    }
}

/// <summary>`microview lab tune`: the best configuration per service, by labels and without.</summary>
internal static class TuneCommand
{
    public static Command Create()
    {
        var options = new GridOptionTable();
        var command = new DocumentedCommand("tune", "Choose a configuration per service from the grids in the results: the best by labels (an oracle), and one without labels, side by side.",
            new Example("microview lab tune --data experiment", "writes best_config.csv, label_free_config.csv and best_config_parameters_and_performance.csv; runs the grid if it was not run"));
        options.AddTo(command);
        command.SetAction((result, stop) => Task.Run(() => TuneRun.Execute(options.Read(result), result.InvocationConfiguration.Output, stop), stop));
        return command;
    }
}

/// <summary>`microview lab merge`: one decision for the application.</summary>
internal static class MergeCommand
{
    public static Command Create()
    {
        var (data, protocol) = (LabOptions.Data(), LabOptions.Protocol());
        var (chosenBy, output) = (Kinds.Choice("--config", "Which of the tuned configurations", TuneRun.ByLabels, [TuneRun.ByLabels, TuneRun.WithoutLabels]), LabOptions.Results());
        var seed = LabOptions.Seed();
        var command = new DocumentedCommand("merge", "Join the predictions of all services, each with its tuned configuration, by OR per time step.",
            new("microview lab merge --data experiment", "after 'microview lab tune'; writes merged.csv"),
            new("microview lab merge --data experiment --config label-free", "with the configurations that no label chose"))
        { data, protocol, chosenBy, output, seed };
        command.SetAction((result, stop) => Task.Run(() => MergeRun.Execute(
            new MergeRequest(result.GetValue(data)!, LabOptions.ReadProtocol(result.GetValue(protocol)), result.GetValue(chosenBy)!, result.GetValue(output), (ulong)result.GetValue(seed)),
            result.InvocationConfiguration.Output, stop), stop));
        return command;
    }
}

/// <summary>The options of `lab grid` and `lab tune`.</summary>
internal sealed class GridOptionTable
{
    public Option<string> Data { get; } = LabOptions.Data();

    public Option<string?> Service { get; } = Kinds.Text("--service", "NAME", "Only this service [default: all]", "-s");

    public Option<string> Protocol { get; } = LabOptions.Protocol();

    public Option<string> Model { get; } = Kinds.Choice("--model", "Detector", "FD", ModelOptions.Judging, "-m");

    public Option<int[]> Components { get; } = Whole("-k", "Directions", [10, 15, 20, 30], 1, "--components");

    public Option<int[]> SketchRows { get; } = Whole("-l", "Rows of the sketch", [25, 50], 2, "--sketch-rows");

    public Option<double[]> Threshold { get; } = Numbers("--threshold", "Percentiles of the training scores", [99, 99.9], 100);

    public Option<double[]> Eta { get; } = Numbers("--learning-rate", "eta, the probability that an anomalous row is absorbed", [0, 0.01, 0.1], 1);

    public Option<string?> Out { get; } = LabOptions.Results();

    public Option<int> Seed { get; } = LabOptions.Seed();

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[Data, Service, Protocol, Model, Components, SketchRows, Threshold, Eta, Out, Seed])
            command.Add(option);
    }

    public GridRequest Read(ParseResult result) => new(
        result.GetValue(Data)!, result.GetValue(Service), LabOptions.ReadProtocol(result.GetValue(Protocol)),
        new GridSpace(result.GetValue(Model)!, result.GetValue(Components)!, result.GetValue(SketchRows)!, result.GetValue(Threshold)!, result.GetValue(Eta)!),
        result.GetValue(Out), (ulong)result.GetValue(Seed));

    private static Option<int[]> Whole(string name, string description, int[] standard, int least, string alias) =>
        Kinds.Value(name, "N,…", $"{description}, comma separated", standard, $"whole numbers from {least} to 1024, comma separated",
            (string text, out int[] values) =>
            {
                int?[] parts = [.. text.Split(',').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= 1024 ? value : (int?)null)];
                values = [.. parts.OfType<int>()];
                return values.Length == parts.Length;
            }, alias);

    private static Option<double[]> Numbers(string name, string description, double[] standard, double most) =>
        Kinds.Value(name, "X,…", $"{description}, comma separated", standard, FormattableString.Invariant($"numbers from 0 to {most}, comma separated"),
            (string text, out double[] values) =>
            {
                double?[] parts = [.. text.Split(',').Select(part => double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= 0 && value <= most ? value : (double?)null)];
                values = [.. parts.OfType<double>()];
                return values.Length == parts.Length;
            });
}

using System.CommandLine;

namespace MicroView.Lab;

/// <summary>`microview lab evaluate`: detectors measured on a data set with known faults.</summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        var options = new EvaluateOptionTable();
        var command = new DocumentedCommand("evaluate", "Measure detectors on a data set with known faults: ranking, decisions, false alarms, localisation.",
            new("microview lab evaluate --data online-boutique", "all models, cross-day"),
            new("microview lab evaluate --data online-boutique --protocol sd --edges --json", "same day, with the network time of calls as metrics, as JSON"),
            new("microview lab evaluate --data online-boutique --model FD --tuned", "beside it, the best configuration that labels can choose"),
            new("microview lab evaluate --data online-boutique --model FD -k 8 -l 15 --normalize none", "one configuration"));
        options.AddTo(command);
        command.SetAction((result, stop) => Task.Run(() => EvaluationRun.Execute(options.Read(result), result.InvocationConfiguration.Output, stop), stop));
        return command;
    }
}

/// <summary>The options of `lab evaluate`.</summary>
internal sealed class EvaluateOptionTable
{
    private readonly ModelOptions _model = new(all: true);

    public Option<string> Data { get; } = LabOptions.Data();

    public Option<string> Protocol { get; } = LabOptions.Protocol();

    public Option<bool> Edges { get; } = Kinds.Flag("--edges", "Add the network time of each call (latency at the caller less latency at the callee) to the metrics of both ends");

    public Option<bool> Tuned { get; } = Kinds.Flag("--tuned", "Beside each model, the best of a grid of configurations by the labels: what an oracle would choose");

    public Option<bool> Json { get; } = Kinds.Flag("--json", "Print a JSON array, an object per model");

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[Data, Protocol, Edges, Tuned, Json])
            command.Add(option);
        _model.AddTo(command);
    }

    public EvaluationRequest Read(ParseResult result)
    {
        var choice = _model.Read(result);
        return new EvaluationRequest(
            result.GetValue(Data)!,
            LabOptions.ReadProtocol(result.GetValue(Protocol)),
            result.GetValue(_model.Model)!,
            _model.IsConfigured(result) ? Own(choice) : null,
            result.GetValue(Edges), result.GetValue(Tuned), result.GetValue(Json), choice.Detector.Seed);
    }

    private static EvaluatedModel Own(ModelChoice choice)
    {
        if (choice.Detector.Model == "all")
            throw new LabException("-k, -l, --threshold, --normalize and --learning-rate configure one model: name it with --model", ExitCode.Usage);
        return new EvaluatedModel(choice.Detector.Model, "as given", choice.AsInThePaper());
    }
}

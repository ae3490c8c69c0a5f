using System.CommandLine;

namespace MicroView.Lab;

/// <summary>`microview lab classify`: one service, one configuration, all result files.</summary>
internal static class ClassifyCommand
{
    public static Command Create()
    {
        var options = new ClassifyOptionTable();
        var command = new DocumentedCommand("classify", "Judge one service with one configuration: scores, labels and predictions per row, figures, and what explained the anomalies.",
            new("microview lab classify --data experiment --service cartservice -k 10 -l 25 --threshold 99 --learning-rate 0", "the artifact's way; results in experiment/results/cartservice/FD_k10_l25_p99_e0"),
            new("microview lab classify --data online-boutique --service cartservice --model TH --protocol sd --out results", "the development set, same day"));
        options.AddTo(command);
        command.SetAction((result, stop) => Task.Run(() => ClassifyRun.Execute(options.Read(result), result.InvocationConfiguration.Output, result.InvocationConfiguration.Error), stop));
        return command;
    }
}

/// <summary>The options of `lab classify`.</summary>
internal sealed class ClassifyOptionTable
{
    private readonly ModelOptions _model = new();

    public Option<string> Data { get; } = LabOptions.Data();

    public Option<string> Service { get; } = LabOptions.Service();

    public Option<string> Protocol { get; } = LabOptions.Protocol();

    public Option<string?> Out { get; } = Kinds.Text("--out", "DIR", "Where the results go [default: DATA/results/SERVICE/CONFIGURATION]", "-o");

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[Data, Service, Protocol, Out])
            command.Add(option);
        _model.AddTo(command);
    }

    public ClassifyRequest Read(ParseResult result) => new(
        result.GetValue(Data)!, result.GetValue(Service)!, LabOptions.ReadProtocol(result.GetValue(Protocol)), _model.Read(result).AsInThePaper(), result.GetValue(Out));
}

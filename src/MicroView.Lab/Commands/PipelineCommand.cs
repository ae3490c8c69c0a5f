using System.CommandLine;

namespace MicroView.Lab;

/// <summary>`microview lab pipeline`: the artifact's experiment in its folder.</summary>
internal static class PipelineCommand
{
    public static Command Create()
    {
        string[] names = [.. PipelineRun.Steps.Select(step => step.Name), PipelineRun.All];
        var step = new Argument<string>("step") { Description = string.Join("; ", PipelineRun.Steps.Select(step => $"{step.Name}: {step.Meaning}")), HelpName = string.Join('|', names) };
        step.AcceptOnlyFromAmong(names);
        var experiment = new Argument<string>("experiment") { Description = "Folder of the experiment: metrics/SERVICE/…, faults.csv; results go to results/", HelpName = "EXPERIMENT" };
        var (until, share) = (LabOptions.TrainUntil(), LabOptions.TrainShare());
        var seed = LabOptions.Seed();
        var command = new DocumentedCommand("pipeline", "Run the artifact's experiment, one step or all, in its folder layout; leaves best_config.csv and best_config_parameters_and_performance.csv.",
            new("microview lab pipeline all experiment", "every step that this build has"),
            new("microview lab pipeline collect experiment --prometheus http://localhost:9090 --jaeger http://localhost:16686 --since 2h", "download into experiment"),
            new("microview lab pipeline split experiment --train-until 2022-08-22T12:00:00Z", "learn from the morning"))
        { step, experiment, until, share, seed };
        var download = new DownloadOptionTable();
        download.AddTo(command);
        command.SetAction((result, stop) => Task.Run(() => PipelineRun.Execute(
            new PipelineRequest(result.GetValue(step)!, result.GetValue(experiment)!, result.GetValue(until), result.GetValue(share), (ulong)result.GetValue(seed))
            {
                Download = download.Read(result, result.GetValue(experiment)!),
            },
            result.InvocationConfiguration.Output, stop), stop));
        return command;
    }
}

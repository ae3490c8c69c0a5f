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
        var profile = Kinds.Text("--profile", "NAME", $"collect: run this experiment with samples/Hotel, load and anomalies instead of downloading: {string.Join("; ", CollectProfile.All.Select(profile => $"{profile.Name}, {profile.Meaning}"))} [default: the folder's name, if it is a profile's]");
        profile.CompletionSources.Add([.. CollectProfile.All.Select(known => known.Name)]);
        var command = new DocumentedCommand("pipeline", "Run the artifact's experiment, one step or all, in its folder layout; leaves best_config.csv and best_config_parameters_and_performance.csv.",
            new("microview lab pipeline all experiment", "every step that this build has"),
            new("microview lab pipeline collect experiment --prometheus http://localhost:9090 --jaeger http://localhost:16686 --since 2h", "download into experiment"),
            new("microview lab pipeline collect dsbhotel-test", "three minutes of a hotel application under load, with anomalies, in the folder dsbhotel-test"),
            new("microview lab pipeline split experiment --train-until 2022-08-22T12:00:00Z", "learn from the morning"))
        { step, experiment, until, share, seed, profile };
        var download = new DownloadOptionTable();
        download.AddTo(command);
        command.SetAction((result, stop) => Task.Run(() => PipelineRun.Execute(
            new PipelineRequest(result.GetValue(step)!, result.GetValue(experiment)!, result.GetValue(until), result.GetValue(share), (ulong)result.GetValue(seed))
            {
                Download = download.Read(result, result.GetValue(experiment)!),
                Profile = ProfileOf(result.GetValue(profile), result.GetValue(experiment)!),
            },
            result.InvocationConfiguration.Output, stop), stop));
        return command;
    }

    private static CollectProfile? ProfileOf(string? name, string experiment) => name is null ? CollectProfile.Find(Path.GetFileName(Path.TrimEndingDirectorySeparator(experiment)))
        : CollectProfile.Find(name) ?? throw new LabException($"--profile: there is no '{name}'; there are {string.Join(", ", CollectProfile.All.Select(profile => profile.Name))}", ExitCode.Usage);
}

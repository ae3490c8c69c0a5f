using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>What `lab pipeline` was asked for.</summary>
internal sealed record PipelineRequest(string Step, string Experiment, long? TrainUntil, double TrainShare, ulong Seed);

/// <summary>The artifact's experiment, step by step in its folder. A step reads what the steps before it left there.</summary>
internal static class PipelineRun
{
    public const string All = "all";

    /// <summary>A step of the pipeline.</summary>
    /// <param name="Name">Its name on the command line.</param>
    /// <param name="Meaning">What it does.</param>
    /// <param name="Missing">Why it cannot run in this build; null when it can.</param>
    /// <param name="Run">Does it.</param>
    internal sealed record Step(string Name, string Meaning, Func<string?> Missing, Func<PipelineRequest, TextWriter, CancellationToken, int> Run);

    /// <summary>All steps in their order. A step whose command comes with another part of the lab is wired here.</summary>
    public static readonly Step[] Steps =
    [
        new("collect", "download metrics and traces into the experiment's folder",
            () => "put the rows of each service into metrics/SERVICE/data.csv yourself", (_, _, _) => ExitCode.Unavailable),
        new("split", "divide metrics/SERVICE/data.csv into data_train.csv and data_test.csv", () => null, Split),
        new("sketch", "the paper's grid for FD", () => null, (request, output, stop) => Grid(request, "FD", output, stop)),
        new("vae", "the grid for VAE", () => DetectorRegistry.Contains("VAE") ? null : "there is no VAE", (request, output, stop) => Grid(request, "VAE", output, stop)),
        new("hypertune", "choose configurations, by labels and without; join the services", () => null, Tune),
        new("trace", "sample the traces by the detectors' decisions", () => "there is no trace sampling", (_, _, _) => ExitCode.Unavailable),
    ];

    public static int Execute(PipelineRequest request, TextWriter output, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!Directory.Exists(request.Experiment))
            throw new DataException(request.Experiment, 0, "no such folder");
        foreach (var step in Steps.Where(step => request.Step == All || step.Name == request.Step))
        {
            stop.ThrowIfCancellationRequested();
            if (step.Missing() is { } reason)
            {
                if (request.Step != All)
                    throw new LabException($"{step.Name} is not in this build: {reason}");
                output.WriteLine($"== {step.Name}: passed over, not in this build: {reason}");
                continue;
            }
            output.WriteLine($"== {step.Name}: {step.Meaning}");
            if (step.Run(request, output, stop) is not ExitCode.Success and var failed)
                return failed;
        }
        return ExitCode.Success;
    }

    private static int Split(PipelineRequest request, TextWriter output, CancellationToken stop)
    {
        SplitRun.Execute(request.Experiment, request.TrainUntil, request.TrainShare, output);
        return ExitCode.Success;
    }

    private static int Grid(PipelineRequest request, string model, TextWriter output, CancellationToken stop)
    {
        WarnOfOverlap(request, output);
        return GridRun.Execute(new GridRequest(request.Experiment, null, ProtocolKind.Split, GridSpace.Paper(model), null, request.Seed), output, stop);
    }

    private static int Tune(PipelineRequest request, TextWriter output, CancellationToken stop)
    {
        WarnOfOverlap(request, output);
        var tuned = TuneRun.Execute(new GridRequest(request.Experiment, null, ProtocolKind.Split, GridSpace.Paper("FD"), null, request.Seed), output, stop);
        return tuned != ExitCode.Success ? tuned
            : MergeRun.Execute(new MergeRequest(request.Experiment, ProtocolKind.Split, TuneRun.ByLabels, null, request.Seed), output, stop);
    }

    private static void WarnOfOverlap(PipelineRequest request, TextWriter output)
    {
        foreach (var warning in TrainingOverlap.Warnings(DataSetReader.Read(request.Experiment)))
            output.WriteLine(warning);
    }
}

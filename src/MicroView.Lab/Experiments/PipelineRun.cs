using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>What `lab pipeline` was asked for.</summary>
internal sealed record PipelineRequest(string Step, string Experiment, long? TrainUntil, double TrainShare, ulong Seed)
{
    /// <summary>Where `collect` downloads from; a request without an address downloads nothing.</summary>
    public DownloadRequest? Download { get; init; }

    /// <summary>What `collect` runs by itself where nothing is downloaded; null for nothing.</summary>
    public CollectProfile? Profile { get; init; }
}

/// <summary>The artifact's experiment, step by step in its folder. A step reads what the steps before it left there.</summary>
internal static class PipelineRun
{
    public const string All = "all";

    /// <summary>A step of the pipeline.</summary>
    /// <param name="Name">Its name on the command line.</param>
    /// <param name="Meaning">What it does.</param>
    /// <param name="Missing">Why it cannot run; null when it can.</param>
    /// <param name="Run">Does it.</param>
    internal sealed record Step(string Name, string Meaning, Func<PipelineRequest, string?> Missing, Func<PipelineRequest, TextWriter, CancellationToken, int> Run);

    /// <summary>All steps in their order.</summary>
    public static readonly Step[] Steps =
    [
        new("collect", "download metrics and traces into the experiment's folder, or run an experiment of a profile there", NoCollection, Collect),
        new("split", "divide metrics/SERVICE/data.csv into data_train.csv and data_test.csv", _ => null, Split),
        new("sketch", "the paper's grid for FD", _ => null, (request, output, stop) => Grid(request, "FD", output, stop)),
        new("vae", $"train a network per service ({ExperimentNetworks.FolderName}/SERVICE{VaeModels.Extension}), classify with it; its grid", _ => null, Vae),
        new("hypertune", "choose configurations, by labels and without; join the services", _ => null, Tune),
        new("trace", "sample the traces by the detectors' decisions", request => TraceFileOf(request) is null ? $"there is no {TraceDownload.FileName} in the experiment's folder" : null, SampleTraces),
    ];

    public static int Execute(PipelineRequest request, TextWriter output, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!Directory.Exists(request.Experiment) && !(request.Step is All or "collect" && Collects(request)))
            throw new DataException(request.Experiment, 0, "no such folder");
        foreach (var step in Steps.Where(step => request.Step == All || step.Name == request.Step))
        {
            stop.ThrowIfCancellationRequested();
            if (step.Missing(request) is { } reason)
            {
                if (request.Step != All)
                    throw new LabException($"{step.Name}: {reason}");
                output.WriteLine($"== {step.Name}: passed over: {reason}");
                continue;
            }
            output.WriteLine($"== {step.Name}: {step.Meaning}");
            if (step.Run(request, output, stop) is not ExitCode.Success and var failed)
                return failed;
        }
        return ExitCode.Success;
    }

    private static int Collect(PipelineRequest request, TextWriter output, CancellationToken stop)
    {
        if (Downloads(request))
            DownloadCommand.Collect(request.Download!, output, stop).GetAwaiter().GetResult();
        else
            CollectRun.ExecuteAsync(request.Profile!, request.Seed, request.Experiment, output, stop).GetAwaiter().GetResult();
        return ExitCode.Success;
    }

    private static bool Downloads(PipelineRequest request) => request.Download is not (null or { Prometheus: null, Jaeger: null });

    private static string? NoCollection(PipelineRequest request) =>
        !Collects(request) ? $"name a source with --prometheus or --jaeger, or a profile ({string.Join(", ", CollectProfile.All.Select(profile => profile.Name))}), or put the rows of each service into metrics/SERVICE/data.csv yourself"
        : !Downloads(request) && Directory.Exists(Path.Combine(request.Experiment, DataSetReader.MetricsFolder)) ? $"{request.Experiment} holds an experiment already; name another folder, or remove it" : null;

    private static bool Collects(PipelineRequest request) => Downloads(request) || request.Profile is not null;

    private static int Split(PipelineRequest request, TextWriter output, CancellationToken stop)
    {
        // An experiment of ours knows up to when nothing was injected.
        var until = request.TrainUntil ?? (ExperimentTimes.ReadFrom(request.Experiment) is { } times ? ExperimentTimes.Ns(times.TrainUntil) : null);
        SplitRun.Execute(request.Experiment, until, request.TrainShare, output);
        return ExitCode.Success;
    }

    private static int Grid(PipelineRequest request, string model, TextWriter output, CancellationToken stop)
    {
        WarnOfOverlap(request, output);
        return GridRun.Execute(new GridRequest(request.Experiment, null, ProtocolKind.Split, GridSpace.Paper(model), null, request.Seed), output, stop);
    }

    /// <summary>Networks as `lab vae train` makes them, and judged by as live: the threshold is the one that the file holds.</summary>
    private static int Vae(PipelineRequest request, TextWriter output, CancellationToken stop)
    {
        var options = new VaeTrainingOptions { Seed = request.Seed };
        var folder = Directory.CreateDirectory(ExperimentNetworks.FolderOf(request.Experiment)).FullName;
        VaeRun.Train(new VaeRequest(request.Experiment, null, null, folder, long.MinValue, long.MaxValue, options), output, stop);
        var detector = DetectorOptions.Live with { Model = "VAE", ThresholdPercentile = options.ThresholdPercentile, ThresholdFactor = 1, Seed = request.Seed };
        foreach (var service in DataSetReader.Read(request.Experiment).Services)
        {
            stop.ThrowIfCancellationRequested();
            output.WriteLine($"{service}:");
            ClassifyRun.Execute(new ClassifyRequest(request.Experiment, service, ProtocolKind.Split, new ModelChoice(detector, UpdateOnline: false), null), output, TextWriter.Null);
        }
        return Grid(request, "VAE", output, stop);
    }

    private static int Tune(PipelineRequest request, TextWriter output, CancellationToken stop)
    {
        WarnOfOverlap(request, output);
        var tuned = TuneRun.Execute(new GridRequest(request.Experiment, null, ProtocolKind.Split, GridSpace.Paper("FD"), null, request.Seed), output, stop);
        return tuned != ExitCode.Success ? tuned
            : MergeRun.Execute(new MergeRequest(request.Experiment, ProtocolKind.Split, TuneRun.ByLabels, null, request.Seed), output, stop);
    }

    private static int SampleTraces(PipelineRequest request, TextWriter output, CancellationToken stop) => TraceRun.Sample(new TraceRequest
    {
        Data = request.Experiment,
        Traces = TraceFileOf(request)!,
        Protocol = ProtocolKind.Split,
        Model = new ModelChoice(DetectorOptions.Live with { Model = ModelOptions.Standard, Seed = request.Seed }, UpdateOnline: false),
        Config = TracesCommand.Tuned("auto", request.Experiment),
    }, output, stop);

    private static string? TraceFileOf(PipelineRequest request) =>
        new[] { TraceDownload.FileName, TraceDownload.FileName + ".gz" }.Select(name => Path.Combine(request.Experiment, name)).FirstOrDefault(File.Exists);

    private static void WarnOfOverlap(PipelineRequest request, TextWriter output)
    {
        foreach (var warning in TrainingOverlap.Warnings(DataSetReader.Read(request.Experiment)))
            output.WriteLine(warning);
    }
}

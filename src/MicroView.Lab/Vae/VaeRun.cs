using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>What `lab vae train` was asked for.</summary>
/// <param name="Data">Folder of a data set; null with <paramref name="Train"/>.</param>
/// <param name="Train">A plain matrix; null with <paramref name="Data"/>.</param>
/// <param name="Service">The service; null: all, into a folder.</param>
/// <param name="Out">File or folder.</param>
/// <param name="FromNs">Rows later than this alone.</param>
/// <param name="UntilNs">Rows up to this alone.</param>
/// <param name="Options">How.</param>
internal sealed record VaeRequest(string? Data, string? Train, string? Service, string Out, long FromNs, long UntilNs, VaeTrainingOptions Options);

/// <summary>Trains VAEs from files into files.</summary>
internal static class VaeRun
{
    // As the development protocol: what a fault leaves behind is over six minutes after its start.
    private const long FaultTailNs = 360_000_000_000;

    public static int Train(VaeRequest request, TextWriter messages, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Train is { } file)
        {
            _ = PathOf(request.Out, request.Service); // before the training, not after it
            var matrix = MatrixFile.Read(file, null, [], 1_000_000_000);
            var model = Train([matrix.Rows.Between(request.FromNs, request.UntilNs)], request.Options with { Service = request.Service ?? "" }, file, stop);
            Tell(Save(model, request.Out, request.Service), model, messages);
            return ExitCode.Success;
        }
        var data = DataSetReader.Read(request.Data!);
        var services = request.Service is { } one ? [data.OfService(one)[0].Service] : data.Services;
        if (services.Count > 1 && File.Exists(request.Out))
            throw new LabException($"--out {request.Out} is a file; the networks of {services.Count} services need a folder (or name one with --service)", ExitCode.Usage);
        if (services.Count > 1)
            Directory.CreateDirectory(request.Out);
        foreach (var service in services)
        {
            var model = Train(TrainingRows(data, service, request.FromNs, request.UntilNs, messages), request.Options with { Service = service }, service, stop);
            Tell(Save(model, request.Out, service), model, messages);
        }
        return ExitCode.Success;
    }

    /// <summary>Trains the network of one service of a data set, with progress on stderr.</summary>
    public static VaeModel Train(IReadOnlyList<SeriesRows> pods, VaeTrainingOptions options, string title, CancellationToken stop)
    {
        var epochs = VaeTrainer.EpochsOf(Math.Max(1, pods.Sum(pod => pod.Count)), options);
        return LabProgress.Run($"training {title}", epochs, progress => VaeTrainer.Train(pods, options, _ => progress.Add(), stop));
    }

    /// <summary>
    /// The rows of a service to learn from, a series per pod: its training rows where the set has them apart, else all outside its faults'
    /// windows.
    /// </summary>
    public static IReadOnlyList<SeriesRows> TrainingRows(DataSet data, string service, long fromNs, long untilNs, TextWriter messages)
    {
        var pods = data.OfService(service);
        if (pods.All(pod => pod.Training is not null))
            return [.. pods.Select(pod => pod.Training!.Between(fromNs, untilNs))];
        SeriesRows[] kept = [.. pods.Select(pod => WithoutFaults(pod.Rows.Between(fromNs, untilNs), data.Faults))];
        var left = pods.Sum(pod => pod.Rows.Between(fromNs, untilNs).Count) - kept.Sum(rows => rows.Count);
        if (left > 0)
            messages.WriteLine($"{service}: {left} rows in the windows of {data.Faults.Count} faults are left out");
        return kept;
    }

    /// <summary>Writes a model: into a folder as SERVICE.vae, else to the file itself. The file appears whole or not at all.</summary>
    public static string Save(VaeModel model, string place, string? service)
    {
        var path = Path.GetFullPath(PathOf(place, service));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = $"{path}.{Environment.ProcessId}.part";
        try
        {
            File.WriteAllBytes(temporary, VaeBytes.Write(model));
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
        return path;
    }

    private static string PathOf(string place, string? service)
    {
        if (!Directory.Exists(place) && !place.EndsWith('/'))
            return place;
        return !string.IsNullOrEmpty(service) ? Path.Combine(place, VaeModels.FileNameOf(service))
            : throw new LabException($"--out {place} is a folder; without --service it has no name for the file", ExitCode.Usage);
    }

    public static int Show(string path, TextWriter output)
    {
        VaeModel model;
        try
        {
            model = VaeModels.LoadFile(path);
        }
        catch (InvalidDataException error)
        {
            throw new LabException(error.Message, ExitCode.Usage, error);
        }
        output.WriteLine($"service     {(model.Service.Length == 0 ? "any" : model.Service)}");
        output.WriteLine($"network     {model.Dimension}-{VaeModel.OuterWidth}-{VaeModel.InnerWidth}-{model.Latent}-{VaeModel.InnerWidth}-{VaeModel.OuterWidth}-{model.Dimension}");
        output.WriteLine(FormattableString.Invariant($"threshold   {model.Threshold:g6}, percentile {model.ThresholdPercentile:g6} of the errors of {model.TrainingRows} rows"));
        output.WriteLine(model.IsNamed ? "metrics     mean ± deviation" : "metrics     without names: taken in a pod's order, if they are as many");
        for (var i = 0; i < model.Dimension; i++)
            output.WriteLine(FormattableString.Invariant($"  {(model.IsNamed ? model.Names[i] : $"{i + 1}")}  {model.Means[i]:g6} ± {model.Deviations[i]:g6}"));
        return ExitCode.Success;
    }

    private static SeriesRows WithoutFaults(SeriesRows rows, IReadOnlyList<Fault> faults)
    {
        var kept = new SeriesRows(rows.Metrics);
        for (var i = 0; i < rows.Count; i++)
        {
            var time = rows.Times[i];
            if (!faults.Any(fault => time > fault.StartNs && time <= Math.Max(fault.EndNs, fault.StartNs + FaultTailNs)))
                rows[i].CopyTo(kept.Append(time));
        }
        return kept;
    }

    private static void Tell(string path, VaeModel model, TextWriter messages) => messages.WriteLine(FormattableString.Invariant(
        $"{(model.Service.Length == 0 ? "any service" : model.Service)}: {model.TrainingRows} rows of {model.Dimension} metrics, threshold {model.Threshold:g6} (p{model.ThresholdPercentile:g6} of their errors); network in {path}"));
}

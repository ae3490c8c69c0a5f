namespace MicroView.Lab;

/// <summary>What `lab grid` was asked for.</summary>
internal sealed record GridRequest(string Data, string? Service, ProtocolKind? Protocol, GridSpace Space, string? Out, ulong Seed);

/// <summary>Runs a grid of configurations over services, in parallel; writes the results and a heatmap over (k, ℓ) per service.</summary>
internal static class GridRun
{
    public static int Execute(GridRequest request, TextWriter output, CancellationToken stop)
    {
        var results = Run(request, stop);
        foreach (var service in results.GroupBy(result => result.Service))
        {
            var best = GridResult.ByLabels(service);
            output.WriteLine(FormattableString.Invariant($"{service.Key}: F1 from {service.Min(result => result.F1):0.000} to {best.F1:0.000} ({best.Point})"));
        }
        output.WriteLine($"results in {ResultsFolder(request.Data, request.Out)}");
        return ExitCode.Success;
    }

    /// <summary>Where the results of a data set go.</summary>
    public static string ResultsFolder(string data, string? folder) => folder ?? Path.Combine(data, ExperimentLayout.Results);

    /// <summary>The file of one model's grid.</summary>
    public static string File(string folder, string model) => Path.Combine(folder, $"{ExperimentLayout.GridPrefix}{model}.csv");

    /// <summary>Runs the grid and writes its files.</summary>
    public static IReadOnlyList<GridResult> Run(GridRequest request, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        var data = DataSetReader.Read(request.Data);
        string[] services = request.Service is null ? [.. data.Services] : [data.OfService(request.Service)[0].Service];
        var networks = ExperimentNetworks.Of(data);
        var trials = services.ToDictionary(service => service, service => ClassifyRun.ServiceTrials(data, service, request.Protocol));
        var points = request.Space.Points();
        var results = LabProgress.Run($"grid of {points.Count} over {services.Length} services", (long)points.Count * services.Length,
            progress => Run(services, trials, points, (trial, point) => networks.For(trial, point.Choice(request.Seed)), progress, stop));
        var folder = ResultsFolder(request.Data, request.Out);
        GridResult.Write(File(folder, request.Space.Model), results);
        foreach (var service in results.GroupBy(result => result.Service))
            Heatmap.Write(Path.Combine(folder, service.Key, $"heatmap_{request.Space.Model}"), $"{service.Key}: {request.Space.Model}, best F1 by labels", [.. service]);
        return results;
    }

    private static GridResult[] Run(
        string[] services, Dictionary<string, Trial[]> trials, IReadOnlyList<GridPoint> points, Func<Trial, GridPoint, ModelChoice> settings, LabProgress progress, CancellationToken stop)
    {
        var results = new GridResult[services.Length * points.Count];
        Parallel.For(0, results.Length, new ParallelOptions { CancellationToken = stop }, i =>
        {
            var (service, point) = (services[i / points.Count], points[i % points.Count]);
            var choice = settings(trials[service][0], point);
            var judged = Classification.Of(trials[service], choice, attribute: false);
            results[i] = new GridResult(service, point,
                [.. ClassificationFiles.PerformanceCells(judged).Select(cell => Convert.ToDouble(cell, System.Globalization.CultureInfo.InvariantCulture))],
                LabelFree.Measure(trials[service], choice));
            progress.Add();
        });
        return results;
    }
}

using System.Globalization;

namespace MicroView.Lab;

/// <summary>The steps of figure micro, labelled as the artifact labels its runs.</summary>
internal static class MicroPlan
{
    public const string Train = "train";
    public const string Run = "run";
    public const string Cost = "cost";

    private static readonly string[] s_all = ["TH", "FD", "VAE", "RFD", "none"];

    public static IReadOnlyList<FigureStep> Steps(FigureOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var steps = new List<FigureStep>();
        foreach (var metrics in options.Pick<int[]>([16, 64, 128, 256], [64], [16]))
            steps.Add(TrainStep(options, metrics));
        foreach (var metrics in options.Pick<int[]>([16, 64, 128, 256], [16, 64, 256], [16]))
            foreach (var model in options.Pick(s_all, metrics == 64 ? s_all : ["TH", "FD"], ["FD", "VAE"]))
                steps.Add(RunStep(options, $"metric_{metrics}_{TestbedPlan.ReadLoop}_{model}", options.Pick(8, 8, 2), metrics, model, TestbedPlan.ReadLoop));
        foreach (var pods in options.Pick<int[]>([8, 16, 32, 64, 128, 256], [256], [4]))
            foreach (var model in options.Pick(s_all, ["FD"], ["FD"]))
                steps.Add(RunStep(options, $"pods_{pods}_{TestbedPlan.ReadLoop}_{model}", pods, options.Pick(64, 64, 16), model, TestbedPlan.ReadLoop));
        foreach (var metrics in options.Pick<int[]>([16, 64, 128, 256], [16, 256], [16]))
            foreach (var model in options.Pick(s_all, ["FD"], ["FD"]))
                steps.Add(RunStep(options, $"metric_{metrics}_{TestbedPlan.Prometheus}_{model}", options.Pick(8, 8, 2), metrics, model, TestbedPlan.Prometheus));
        foreach (var pods in options.Pick<int[]>([8, 16, 32, 64, 128, 256], [], []))
            foreach (var model in options.Pick<string[]>(["FD", "RFD", "none"], ["FD"], []))
                steps.Add(RunStep(options, $"pods_{pods}_{TestbedPlan.Prometheus}_{model}", pods, 64, model, TestbedPlan.Prometheus));
        foreach (var model in options.Pick<string[]>(["TH", "FD", "VAE", "RFD"], ["FD"], ["FD"]))
        {
            foreach (var (pods, metrics) in options.Pick<(int, int)[]>([(1, 16), (1, 64), (1, 128), (1, 256), (8, 64), (32, 64), (100, 64), (500, 64), (1000, 64), (2000, 64), (5000, 64), (10_000, 64)], [(1, 16), (1, 64), (1, 128), (1, 256), (8, 64), (2000, 64)], [(8, 16)]))
                steps.Add(CostStep(options, pods, metrics, model));
        }
        return steps;
    }

    public static string TrainId(int metrics) => $"network_{metrics}";

    private static FigureStep TrainStep(FigureOptions options, int metrics) => new(TrainId(metrics), $"network of model VAE for {metrics} metrics", options.Pick(40, 12, 8),
        Parameters(("kind", Train), ("metrics", metrics), ("rows", options.Pick(600, 100, 100)), ("seed", options.Seed)));

    private static FigureStep RunStep(FigureOptions options, string label, int pods, int metrics, string model, string test)
    {
        var (warmUp, duration, window) = options.Pick((10.0, 30.0, 5.0), (2.0, 3.0, 1.0), (1.0, 2.0, 1.0));
        if (test == TestbedPlan.Prometheus)
            (warmUp, duration, window) = options.Pick((10.0, 30.0, 10.0), (2.0, 3.0, 1.0), (2.0, 2.0, 1.0));
        // In the read loop the generator writes as fast as it goes, as the artifact's does; the endpoint's load generator needs that core.
        return new(label, label, warmUp + duration + 3, Parameters(("kind", Run), ("pods", pods), ("metrics", metrics), ("lmaps", 1), ("model", model), ("test", test),
            ("warm_up", warmUp), ("duration", duration), ("window", window), ("rate", test == TestbedPlan.ReadLoop ? 0 : 100)));
    }

    private static FigureStep CostStep(FigureOptions options, int pods, int metrics, string model) => new($"cost_pods_{pods}_metrics_{metrics}_{model}", $"CPU per pod vector, {pods} × {metrics}, {model}", options.Pick(10, 4, 3),
        Parameters(("kind", Cost), ("pods", pods), ("metrics", metrics), ("model", model), ("duration", options.Pick(5.0, 1.0, 0.5))));

    private static Dictionary<string, string> Parameters(params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        var texts = new Dictionary<string, string>();
        foreach (var (name, value) in parameters)
            texts[name] = Convert.ToString(value, CultureInfo.InvariantCulture)!;
        return texts;
    }
}

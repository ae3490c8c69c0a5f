using System.Globalization;

namespace MicroView.Lab;

/// <summary>Fig. 9: when the detector flags, when the HPA acts, and when the objective breaks, as load rises beyond what a node can hold; and the same with MicroView's signal beside the HPA's CPU.</summary>
internal sealed class AutoscalingFigure : IFigure
{
    public string Name => "autoscaling";

    public string Title => "Autoscaling: anomalies as the load outgrows a node";

    public string Section => "Sec. 6.5, Fig. 9";

    public IReadOnlyList<string> Differences { get; } =
    [
        "No Kubernetes: a controller of the lab follows the documented algorithm of the HorizontalPodAutoscaler (sync each 15 s, tolerance 0.1, 5 min of stabilisation before replicas go, default policies), and a replica set and a node of the lab start and end real processes. A replica listens milliseconds after it is started: no image is pulled, no container is made.",
        "php-apache is PHP's own web server (`php -S`), one process per replica that works on one request at a time, with the example's loop of square roots.",
        "STEP_TIME, STEP_LOAD, SPAWN_RATE, USER_WAIT_TIME and TIME_LIMIT are taken from the environment, by the artifact's names; the values without are ours.",
        "A core of the cluster is a tenth of one here: a replica requests 2 cores, and its cgroup lets it have 0.2. Its limit equals its request.",
        "The node takes 6 pods, two of which are held by others (the front and the monitor), so that the fifth replica finds no place and becomes Failed, and each 15 s another in its stead.",
        "Users choose among the ready replicas in turn, as a Service would for them, and count as the ingress that would stand before it. They share the machine's cores with the replicas.",
        "Metrics of the workload reach MicroView by `microview host --scrape` from one endpoint with names of kube-state-metrics, cAdvisor and an ingress; container metrics are summed over replicas.",
        "The paper's detector (l 50, k 12, unit norm, 99th percentile) judges the rows that `microview nic` recorded, causally, after the run; RFD judges the same rows live, and is what the signal comes from. Both learn from the quiet load of the run itself.",
        "The signal is asked by gRPC at each sync of the HPA, as KEDA's metrics adapter does; KEDA itself is not run.",
    ];

    public IReadOnlyList<FigureStep> Plan(FigureOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return [.. Plans(options).Select(plan => new FigureStep(plan.Variant, TitleOf(plan.Variant), plan.Seconds + 8, plan.Parameters))];
    }

    public async Task RunAsync(FigureStep step, StepContext context, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(step);
        ArgumentNullException.ThrowIfNull(context);
        var plan = Plans(context.Options).Single(plan => plan.Variant == step.Id);
        var version = await context.Processes.RunAsync(new ProcessPlan("php", CpuRole.Other, Programs.Require("php", WebPage.Package), "-n", "-v"), stop);
        context.Version("php", version.Output.Split('\n')[0]);
        foreach (var line in Scaled(plan))
            context.Note(line);
        await new AutoscalingRun(plan, context).ExecuteAsync(stop);
    }

    public void Draw(FigureFolder folder, FigureReport report) => AutoscalingDrawing.Draw(folder, report);

    /// <summary>What the legend calls a variant.</summary>
    public static string TitleOf(string variant) => variant == AutoscalingPlan.ByCpu ? "HPA on CPU" : "HPA on CPU and MicroView's signal";

    private static IEnumerable<AutoscalingPlan> Plans(FigureOptions options)
    {
        var load = options.Pick(new StepLoad(60, 10, 10, 1, 600), new StepLoad(60, 10, 10, 1, 480), new StepLoad(30, 20, 20, 1, 120)).WithEnvironment(Environment.GetEnvironmentVariable);
        return ((string[])[AutoscalingPlan.ByCpu, AutoscalingPlan.WithSignal]).Select(variant => new AutoscalingPlan
        {
            Variant = variant, Load = load, Seed = options.Seed, Speed = options.Pick(1.0, 10, 15), QuietTime = options.Pick(300.0, 270, 180),
        });
    }

    private static IEnumerable<string> Scaled(AutoscalingPlan plan)
    {
        var load = plan.Load;
        yield return string.Create(CultureInfo.InvariantCulture, $"Scaled times, ÷ {plan.Speed}: STEP_TIME {load.StepTime} s is {load.StepTime / plan.Speed:0.##} s, TIME_LIMIT {load.TimeLimit} s is {load.TimeLimit / plan.Speed:0.##} s, SPAWN_RATE {load.SpawnRate}/s is {load.SpawnRate * plan.Speed:0.##}/s, ")
            + string.Create(CultureInfo.InvariantCulture, $"a sync each {plan.Hpa.SyncPeriod.TotalSeconds} s is each {plan.Hpa.SyncPeriod.TotalSeconds / plan.Speed:0.##} s, stabilisation of {plan.Hpa.ScaleDown.Stabilization.TotalSeconds} s is {plan.Hpa.ScaleDown.Stabilization.TotalSeconds / plan.Speed:0.##} s; RFD's budget of one false alarm a day is {plan.Speed} a day.");
        yield return string.Create(CultureInfo.InvariantCulture, $"Not scaled: STEP_LOAD {load.StepUsers} users, USER_WAIT_TIME {load.WaitTime} s, the work of a page, the objective (95 % of the answers of {plan.WindowSeconds} s within {plan.ObjectiveSeconds} s).");
        yield return string.Create(CultureInfo.InvariantCulture, $"Scaled CPU, × {plan.Cluster.CoreScale}: a request of {plan.Cluster.RequestCores} cores is {plan.Cluster.RequestCores * plan.Cluster.CoreScale:0.##} of a core here.");
    }
}

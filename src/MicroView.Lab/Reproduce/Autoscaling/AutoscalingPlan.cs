using System.Globalization;

namespace MicroView.Lab;

/// <summary>Everything that a run of the autoscaling figure depends on. Times are the cluster's seconds unless they say otherwise. Immutable.</summary>
internal sealed record AutoscalingPlan
{
    public const string ByCpu = "hpa", WithSignal = "hpa_keda";

    /// <summary>Which metrics the HPA has: <see cref="ByCpu"/>, or <see cref="WithSignal"/> beside it.</summary>
    public required string Variant { get; init; }

    /// <summary>Seconds of the cluster in one of ours.</summary>
    public required double Speed { get; init; }

    public required StepLoad Load { get; init; }

    /// <summary>Most users before the steps, and for how long they are.</summary>
    public int QuietUsers { get; init; } = 20;

    /// <summary>See <see cref="QuietUsers"/>.</summary>
    public double QuietTime { get; init; } = 300;

    /// <summary>How long a number of users holds then.</summary>
    public double QuietHold { get; init; } = 15;

    public ClusterOptions Cluster { get; init; } = new();

    public HpaOptions Hpa { get; init; } = new();

    /// <summary>CPU of a page, our seconds.</summary>
    public double PageSeconds { get; init; } = 0.015;

    /// <summary>A window of requests keeps the objective if 95 % of them are answered well within so many of our seconds.</summary>
    public double ObjectiveSeconds { get; init; } = 0.5;

    /// <summary>Length of that window, our seconds.</summary>
    public double WindowSeconds { get; init; } = 3;

    /// <summary>From one row of the detector to the next, our seconds.</summary>
    public double RowSeconds => Math.Max(0.2, 1 / Speed);

    /// <summary>Rows of the time line, likewise.</summary>
    public double LineSeconds => Math.Max(0.2, 1 / Speed);

    public required int Seed { get; init; }

    /// <summary>Our seconds that it takes.</summary>
    public double Seconds => (QuietTime + Load.TimeLimit) / Speed;

    /// <summary>As a step's parameters.</summary>
    public IReadOnlyDictionary<string, string> Parameters => new Dictionary<string, string>(Load.Variables)
    {
        ["variant"] = Variant, ["speed"] = Text(Speed), ["quiet_users"] = Text(QuietUsers), ["quiet_time"] = Text(QuietTime), ["request_cores"] = Text(Cluster.RequestCores), ["core_scale"] = Text(Cluster.CoreScale),
        ["target_percent"] = Text(Hpa.TargetUtilization), ["min_replicas"] = Text(Hpa.MinReplicas), ["max_replicas"] = Text(Hpa.MaxReplicas), ["node_pods"] = Text(Cluster.NodePods), ["other_pods"] = Text(Cluster.OtherPods),
        ["page_seconds"] = Text(PageSeconds), ["objective_seconds"] = Text(ObjectiveSeconds), ["window_seconds"] = Text(WindowSeconds),
    };

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}

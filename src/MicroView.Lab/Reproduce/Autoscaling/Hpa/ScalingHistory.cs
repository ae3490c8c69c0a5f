namespace MicroView.Lab;

/// <summary>
/// What an HPA remembers: recommendations, for its stabilisation windows, and changes, for its policies. Source: as <see cref="HpaController"/>. Times must advance. Not thread-safe.
/// </summary>
internal sealed class ScalingHistory(HpaOptions options)
{
    private readonly List<(TimeSpan At, int Replicas)> _recommendations = [];
    private readonly List<(TimeSpan At, int Change)> _changes = [];

    /// <summary>The number from which a new controller starts: it counts as recommended.</summary>
    public void Begin(TimeSpan now, int current)
    {
        if (_recommendations.Count == 0)
            _recommendations.Add((now, current));
    }

    /// <summary>The recommendation nearest to <paramref name="current"/> that all those of the windows allow.</summary>
    public int Stabilize(TimeSpan now, int current, int wanted)
    {
        var (up, down) = (wanted, wanted);
        foreach (var (at, replicas) in _recommendations)
        {
            if (at > now - options.ScaleUp.Stabilization)
                up = Math.Min(up, replicas);
            if (at > now - options.ScaleDown.Stabilization)
                down = Math.Max(down, replicas);
        }
        var longest = options.ScaleUp.Stabilization > options.ScaleDown.Stabilization ? options.ScaleUp.Stabilization : options.ScaleDown.Stabilization;
        _recommendations.RemoveAll(recommendation => recommendation.At <= now - longest);
        _recommendations.Add((now, wanted));
        return Math.Min(Math.Max(current, up), down);
    }

    /// <summary>As far as policies and bounds let replicas go from <paramref name="current"/> towards <paramref name="wanted"/>.</summary>
    public int Limit(TimeSpan now, int current, int wanted)
    {
        if (wanted > current)
            return Math.Min(wanted, Math.Min(options.MaxReplicas, Math.Max(current, options.ScaleUp.Policies.Max(policy => Highest(policy, now, current)))));
        if (wanted < current)
            return Math.Max(wanted, Math.Max(options.MinReplicas, Math.Min(current, options.ScaleDown.Policies.Min(policy => Lowest(policy, now, current)))));
        return wanted;
    }

    /// <summary>Replicas were changed by so many.</summary>
    public void Changed(TimeSpan now, int change)
    {
        var longest = options.ScaleUp.Policies.Concat(options.ScaleDown.Policies).Max(policy => policy.Period);
        _changes.RemoveAll(entry => entry.At <= now - longest);
        _changes.Add((now, change));
    }

    private int Highest(ScalingPolicy policy, TimeSpan now, int current)
    {
        var start = AtStart(policy, now, current);
        return policy.Unit == PolicyUnit.Pods ? start + policy.Value : (int)Math.Ceiling(start * (1 + policy.Value / 100.0));
    }

    private int Lowest(ScalingPolicy policy, TimeSpan now, int current)
    {
        var start = AtStart(policy, now, current);
        return policy.Unit == PolicyUnit.Pods ? start - policy.Value : (int)(start * (1 - policy.Value / 100.0));
    }

    /// <summary>Replicas when the policy's period began, as far as this controller changed them.</summary>
    private int AtStart(ScalingPolicy policy, TimeSpan now, int current) => current - _changes.Where(entry => entry.At > now - policy.Period).Sum(entry => entry.Change);
}

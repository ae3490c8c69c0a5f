namespace MicroView.Collector;

/// <summary>An alarm as Alertmanager is told of it. Immutable; its labels are what it is known by.</summary>
internal sealed class Alert
{
    public required SortedDictionary<string, string> Labels { get; init; }

    public required SortedDictionary<string, string> Annotations { get; init; }

    public required DateTimeOffset StartsAt { get; init; }

    public Uri? Link { get; init; }

    /// <summary>When it ended; null: it fires.</summary>
    public DateTimeOffset? EndedAt { get; private init; }

    /// <summary>The same while it fired.</summary>
    public Alert? Fired { get; private init; }

    public Alert End(DateTimeOffset at) => new()
    {
        Labels = Labels, Annotations = Annotations, StartsAt = StartsAt, Link = Link, Fired = this,
        EndedAt = at > StartsAt ? at : StartsAt,
    };
}

/// <summary>Alerts at one moment. Immutable.</summary>
/// <param name="Firing">Those whose alarm is open.</param>
/// <param name="Ended">Those that ended lately, oldest first.</param>
internal sealed record AlertList(IReadOnlyList<Alert> Firing, IReadOnlyList<Alert> Ended)
{
    public static AlertList Empty { get; } = new([], []);
}

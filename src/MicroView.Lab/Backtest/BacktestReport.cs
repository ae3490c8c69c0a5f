namespace MicroView.Lab;

/// <summary>A metric and its share of a score, 0..1.</summary>
internal sealed record BacktestShare(string Metric, double Share);

/// <summary>An alarm that would have been raised.</summary>
/// <param name="Service">Whose.</param>
/// <param name="Start">Opened, ISO 8601.</param>
/// <param name="End">Closed; null if it was open at the end of the history.</param>
/// <param name="Peak">The highest score in it, as a multiple of the threshold.</param>
/// <param name="Metrics">What explained the row that opened it, largest share first.</param>
internal sealed record BacktestAlarm(string Service, string Start, string? End, double Peak, IReadOnlyList<BacktestShare> Metrics)
{
    internal long StartNs { get; init; }

    /// <summary>When it closed, or the end of the history.</summary>
    internal long EndNs { get; init; }

    /// <summary>The user's alerts at that time; null where nothing is known of alerts.</summary>
    public IReadOnlyList<string>? Alerts { get; set; }
}

/// <summary>An alert of the user's that fired, and what MicroView would have said.</summary>
/// <param name="Name">Its alertname.</param>
/// <param name="Service">The service by its labels; null if it names none.</param>
/// <param name="Start">Began to fire.</param>
/// <param name="End">Fired last.</param>
/// <param name="LeadSeconds">How much earlier the alarm was open, negative if later; null if there was none.</param>
internal sealed record BacktestAlert(string Name, string? Service, string Start, string End, double? LeadSeconds)
{
    internal long StartNs { get; init; }

    internal long EndNs { get; init; }

    /// <summary>Whether its service was judged at that time; else it counts for nothing.</summary>
    public bool Judged { get; init; }
}

/// <summary>One service of a backtest.</summary>
internal sealed record BacktestService
{
    public required string Service { get; init; }

    /// <summary>Metrics judged, the columns of a row.</summary>
    public int Metrics { get; init; }

    /// <summary>Metrics that were left out: too many, or never seen while learning.</summary>
    public int LeftOut { get; init; }

    /// <summary>Rows learnt from.</summary>
    public int Learnt { get; init; }

    /// <summary>Rows judged.</summary>
    public int Judged { get; init; }

    /// <summary>Days judged.</summary>
    public double Days { get; init; }

    public int Alarms { get; init; }

    /// <summary>Alarms with none of the user's alerts beside them; null where nothing is known of alerts.</summary>
    public int? Unconfirmed { get; set; }

    /// <summary>Alarms (unconfirmed ones where alerts are known) per day.</summary>
    public double FalsePerDay { get; set; }

    /// <summary>Values in the rows judged.</summary>
    public long Samples { get; init; }

    /// <summary>Of these, what a sample each 30 s outside alarms, and all inside, would have kept.</summary>
    public long Kept { get; init; }

    /// <summary>Why the service was passed over; null if it was judged.</summary>
    public string? PassedOver { get; init; }

    /// <summary>Scores over their threshold, the largest in each of equal parts of the history judged; NaN without rows.</summary>
    internal float[] Timeline { get; init; } = [];

    internal long FromNs { get; init; }

    internal long UntilNs { get; init; }
}

/// <summary>All of a backtest.</summary>
internal sealed record BacktestReport
{
    public required string Source { get; init; }
    public required string Model { get; init; }
    public required string From { get; init; }
    public required string Until { get; init; }
    public required double StepSeconds { get; init; }
    public required double TrainShare { get; init; }
    public required long Queries { get; init; }
    public required IReadOnlyList<BacktestService> Services { get; init; }
    public required IReadOnlyList<BacktestAlarm> Alarms { get; init; }

    /// <summary>The user's alerts; null if they were not asked for.</summary>
    public IReadOnlyList<BacktestAlert>? Alerts { get; init; }

    /// <summary>Share of samples that need not have been stored.</summary>
    public double SamplesSaved
    {
        get
        {
            var samples = Services.Sum(service => service.Samples);
            return samples > 0 ? 1 - Services.Sum(service => service.Kept) / (double)samples : 0;
        }
    }

    /// <summary>False alarms (see <see cref="BacktestService.FalsePerDay"/>) per service and day, over all services judged.</summary>
    public double FalsePerServiceAndDay
    {
        get
        {
            var days = Services.Sum(service => service.Days);
            return days > 0 ? Services.Sum(service => service.FalsePerDay * service.Days) / days : 0;
        }
    }
}

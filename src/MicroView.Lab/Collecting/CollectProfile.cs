namespace MicroView.Lab;

/// <summary>An experiment that `lab pipeline collect` runs by itself: samples/Hotel under load, with anomalies after a quiet time.</summary>
/// <param name="Name">As in the artifact.</param>
/// <param name="Meaning">For people.</param>
/// <param name="WarmUpSeconds">Load before anything is recorded: programs compile what is hot.</param>
/// <param name="QuietSeconds">Without anomalies: what detectors learn from.</param>
/// <param name="Seconds">All that is recorded.</param>
/// <param name="RowSeconds">From row to row in the experiment's files.</param>
/// <param name="Rate">Requests per second.</param>
/// <param name="Rounds">Rounds of anomalies.</param>
/// <param name="PeriodSeconds">From round to round at most.</param>
/// <param name="LeastSeconds">Shortest anomaly.</param>
/// <param name="MostSeconds">Longest.</param>
internal sealed record CollectProfile(
    string Name, string Meaning, double WarmUpSeconds, double QuietSeconds, double Seconds, double RowSeconds, double Rate, int Rounds, int PeriodSeconds, int LeastSeconds, int MostSeconds)
{
    /// <summary>CPU limit of a service, cores: what containers have, and what makes an anomaly in one of them its own.</summary>
    public const double Cores = 0.5;

    /// <summary>From row to row live, seconds: what decides about traces looks more often than the files have rows.</summary>
    public const double LiveSeconds = 0.1;

    public static readonly CollectProfile[] All =
    [
        new("dsbhotel-test", "3 minutes", 20, 75, 180, 0.5, 25, 2, 40, 3, 6),
        new("dsbhotel-medium", "5 minutes", 30, 90, 300, 0.5, 25, 2, 110, 3, 6),
        new("dsbhotel-long", "1 hour", 60, 900, 3600, 1, 25, 30, 160, 3, 10),
        new("dsbhotel-smoke", "half a minute, to see that everything works", 5, 15, 30, 0.5, 15, 2, 6, 2, 3),
    ];

    public static CollectProfile? Find(string name) => Array.Find(All, profile => profile.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The load: the artifact's mix.</summary>
    public LoadFile Load(string url) => new()
    {
        Url = url, Tput = Rate, Duration = FormattableString.Invariant($"{Seconds}s"),
        Apis =
        [
            new("SearchHandler", "SearchHandler", 60, "GET"), new("RecommendHandler", "RecommendHandler", 30, "GET"),
            new("UserHandler", "UserHandler", 5, "GET"), new("ReservationHandler", "ReservationHandler", 5, "POST"),
        ],
    };

    /// <summary>injector.yaml. The injector is started with the recording, so its delay is the quiet time.</summary>
    public string Injector() => $"""
        # Anomalies of {Name}: from each of these a random number of kinds, in a random number of services.
        anomalies:
          start_delay: {FormattableString.Invariant($"{QuietSeconds}s")}
          period_max_seconds: {PeriodSeconds}
          num_injection_rounds: {Rounds}
          stressors:
            cpu: {Settings("ncpu: 1, load: 100")}
            mem_capacity: {Settings("threads: 1, size: 64M")}
            mem_bw: {Settings("threads: 1")}
            cache: {Settings("threads: 1")}
            io: {Settings("threads: 1, size: 16M")}

        """;

    private string Settings(string rest) => $"{{duration: {MostSeconds}, random_min_duration: {LeastSeconds}, {rest}}}";
}

using MicroView.Analysis;

namespace MicroView.Collector;

/// <summary>What a collector does with what it finds. Immutable.</summary>
public sealed record ActionOptions
{
    /// <summary>Sets of pods with a name; a pod that none names belongs to what its label "application" says, else to its service.</summary>
    public IReadOnlyList<ApplicationRule> Applications { get; init; } = [];

    /// <summary>Rates of trace sampling.</summary>
    public TraceSamplingOptions TraceRates { get; init; } = new();

    /// <summary>True when the rates are written into the pods' control words.</summary>
    public bool WritesTraceRates { get; init; }

    /// <summary>Where alarms are reported.</summary>
    public AlertOptions Alerts { get; init; } = new();

    /// <summary>Where services ask for their sampling rate as Jaeger's clients do; null: nowhere.</summary>
    public ActionPlace? Jaeger { get; init; }

    /// <summary>Where KEDA asks its external scaler; null: nowhere.</summary>
    public ActionPlace? Keda { get; init; }

    /// <summary>True when somebody is told of every change: then it is looked for all the time, and not at a scrape alone.</summary>
    internal bool IsActive => WritesTraceRates || Alerts.Receivers.Count > 0 || Jaeger is not null || Keda is not null;

    internal void Check(OptionProblems problems)
    {
        problems.Try(TraceRates.Validate);
        Alerts.Check(problems);
        problems.Try(() => Jaeger?.Validate("jaeger"));
        problems.Try(() => Keda?.Validate("keda"));
    }

    /// <summary>The first thing asked for that acts on live pods; null: nothing is.</summary>
    internal string? LiveOnly => WritesTraceRates ? "--trace-sampling" : Alerts.Receivers.Count > 0 ? "--alertmanager" : Jaeger is not null ? "--jaeger-port" : Keda is not null ? "--keda-port" : null;
}

using System.Diagnostics.Metrics;

namespace MicroView.Client;

/// <summary>What a bridge takes over. Immutable.</summary>
public sealed class MeterBridgeOptions
{
    /// <summary>Label sets kept of one instrument; what comes beyond goes to one series labelled otel_metric_overflow="true". At least 1.</summary>
    public int MaxLabelSets { get; init; } = 100;

    /// <summary>Which instruments are taken; null: all.</summary>
    public Func<Instrument, bool>? Filter { get; init; }

    /// <summary>How often observable instruments are asked, on a thread of the bridge's own, while an agent is attached; at least 1 s.</summary>
    public TimeSpan ObservePeriod { get; init; } = TimeSpan.FromSeconds(1);
}

namespace MicroView.Export;

/// <summary>
/// An agent's own counters and gauges, exposed through a document as any pod's. Instruments are made once, then updated from any
/// thread without locks; disposing one takes it out. Thread-safe.
/// </summary>
/// <param name="document">Where they are exposed.</param>
/// <param name="labels">Labels of every instrument.</param>
public sealed class SelfMetrics(ExpositionDocument document, params Label[] labels)
{
    /// <summary>Since when the counters of <see cref="CounterFunc"/> count from 0; null: nobody knows.</summary>
    public DateTimeOffset? Created { get; init; }

    /// <summary>A counter that starts at 0.</summary>
    /// <exception cref="ArgumentException">The name or a label cannot be exposed as it stands.</exception>
    public SelfCounter Counter(string name, string help, params Label[] own)
    {
        var counter = new SelfCounter();
        counter.Join(document, labels, Describe(name, MetricType.Counter, help, own) with { Created = DateTimeOffset.UtcNow });
        return counter;
    }

    /// <summary>A gauge that starts at 0.</summary>
    /// <inheritdoc cref="Counter"/>
    public SelfGauge Gauge(string name, string help, params Label[] own)
    {
        var gauge = new SelfGauge();
        gauge.Join(document, labels, Describe(name, MetricType.Gauge, help, own));
        return gauge;
    }

    /// <summary>A gauge that is asked at each scrape; when it throws, the series is absent from that scrape.</summary>
    /// <inheritdoc cref="Counter"/>
    public SelfInstrument GaugeFunc(string name, string help, Func<double> read, params Label[] own) =>
        Func(name, MetricType.Gauge, help, read, own);

    /// <summary>A counter that is kept elsewhere and asked at each scrape; when it throws, the series is absent from that scrape.</summary>
    /// <inheritdoc cref="Counter"/>
    public SelfInstrument CounterFunc(string name, string help, Func<double> read, params Label[] own) =>
        Func(name, MetricType.Counter, help, read, own);

    private SelfFunc Func(string name, MetricType type, string help, Func<double> read, Label[] own)
    {
        ArgumentNullException.ThrowIfNull(read);
        var func = new SelfFunc(read);
        func.Join(document, labels, Describe(name, type, help, own) with { Created = type == MetricType.Counter ? Created : null });
        return func;
    }

    private static Metric Describe(string name, MetricType type, string help, Label[] own)
    {
        // These names are ours: one that has to be changed is a mistake in the code.
        if (!MetricNames.IsValidMetric(name)) throw new ArgumentException($"'{name}' is no metric name.", nameof(name));
        return new Metric { Name = name, Type = type, Help = help, Labels = own };
    }
}

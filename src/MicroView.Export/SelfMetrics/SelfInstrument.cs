namespace MicroView.Export;

/// <summary>One series of an agent's own. Disposing it takes it out of the document.</summary>
public abstract class SelfInstrument : IRowSource, IDisposable
{
    private SeriesGroup? _group;

    private protected SelfInstrument()
    {
    }

    /// <summary>The value as a scrape would read it now.</summary>
    public abstract double Value { get; }

    /// <inheritdoc/>
    public bool TryRead(Span<double> row)
    {
        row[0] = Value;
        return true;
    }

    /// <summary>Leaves the document; updates afterwards are harmless.</summary>
    public void Dispose()
    {
        _group?.Dispose();
        GC.SuppressFinalize(this);
    }

    internal void Join(ExpositionDocument document, Label[] labels, Metric metric)
    {
        var group = document.Add(labels, [metric], 1, this);
        if (group.Rejected.Count > 0)
        {
            group.Dispose();
            throw new ArgumentException(group.Rejected[0]);
        }
        _group = group;
    }
}

/// <summary>A counter of events. Updates are atomic.</summary>
public sealed class SelfCounter : SelfInstrument
{
    private long _count;

    /// <inheritdoc/>
    public override double Value => Interlocked.Read(ref _count);

    /// <summary>Adds one.</summary>
    public void Increment() => Interlocked.Increment(ref _count);

    /// <summary>Adds <paramref name="count"/>, which must not be negative.</summary>
    public void Add(long count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Interlocked.Add(ref _count, count);
    }
}

/// <summary>A value that is stored; the last store wins.</summary>
public sealed class SelfGauge : SelfInstrument
{
    private double _value;

    /// <inheritdoc/>
    public override double Value => Volatile.Read(ref _value);

    /// <summary>Stores <paramref name="value"/>.</summary>
    public void Set(double value) => Volatile.Write(ref _value, value);
}

internal sealed class SelfFunc(Func<double> read) : SelfInstrument
{
    public override double Value => read();
}

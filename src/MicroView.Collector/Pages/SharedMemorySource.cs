using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// Reads a pod's objects on this machine: sealed ones through a mapping, REST segments by pread. Objects are read one after the other.
/// </summary>
public sealed class SharedMemorySource : PageSource
{
    private readonly ObjectReader[] _readers;
    private readonly double[] _held;
    private readonly RowStatus[] _statuses;
    private readonly ObjectReader _first;

    /// <summary>A source over objects in order; owns them.</summary>
    /// <param name="readers">The pod's objects; all but the last are full.</param>
    /// <param name="slots">The pod's published slots; those beyond the objects' capacity are not read.</param>
    public SharedMemorySource(IReadOnlyList<ObjectReader> readers, int slots)
    {
        ArgumentNullException.ThrowIfNull(readers);
        ArgumentOutOfRangeException.ThrowIfNegative(slots);
        if (readers.Count == 0)
            throw new ArgumentException("a pod has at least one object", nameof(readers));
        _readers = [.. readers];
        _first = _readers[0];
        Slots = Math.Min(slots, _readers.Sum(reader => reader.Geometry.Slots));
        _held = _readers.Length == 1 ? [] : new double[Slots];
        _statuses = new RowStatus[_readers.Length];
    }

    /// <inheritdoc/>
    public override int Slots { get; }

    internal IReadOnlyList<ObjectReader> Readers => _readers;

    /// <inheritdoc/>
    public override void Activate()
    {
        var left = Slots;
        foreach (var reader in _readers)
        {
            reader.Slots = Math.Min(left, reader.Geometry.Slots);
            left -= reader.Slots;
        }
    }

    /// <inheritdoc/>
    public override RowStatus Read(Span<double> row, long nowNs)
    {
        if (_readers.Length > 1)
            return ReadAll(row, nowNs);
        var status = _first.Read(row, nowNs);
        Generation = _first.Generation;
        RowTimeNs = _first.RowTimeNs;
        return status;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var reader in _readers)
            reader.Dispose();
    }

    /// <summary>
    /// An object whose row has not moved keeps its values from before, which are in neither of the caller's buffers for sure.
    /// </summary>
    private RowStatus ReadAll(Span<double> row, long nowNs)
    {
        var at = 0;
        var status = RowStatus.Unchanged;
        for (var i = 0; i < _readers.Length; i++)
        {
            var reader = _readers[i];
            _statuses[i] = reader.Read(_held.AsSpan(at), nowNs);
            at += reader.Slots;
            status = Combine(status, _statuses[i]);
        }
        Generation = _first.Generation;
        RowTimeNs = _first.RowTimeNs;
        if (status == RowStatus.Fresh)
            _held.CopyTo(row);
        return status;
    }

    /// <summary>One object in trouble decides for the pod; else one fresh object makes the row fresh.</summary>
    private static RowStatus Combine(RowStatus before, RowStatus next) => (before, next) switch
    {
        ( > RowStatus.Unchanged, _) => (RowStatus)Math.Max((byte)before, (byte)next),
        (_, > RowStatus.Unchanged) => next,
        (RowStatus.Fresh, _) or (_, RowStatus.Fresh) => RowStatus.Fresh,
        _ => RowStatus.Unchanged,
    };
}

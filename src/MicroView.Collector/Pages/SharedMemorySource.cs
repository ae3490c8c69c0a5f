using MicroView.Analysis;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>Reads a pod's objects on this machine: sealed ones through a mapping, REST segments by pread.</summary>
public sealed class SharedMemorySource : ObjectSource, IHeldObjects
{
    private readonly ObjectReader[] _readers;
    private readonly ReaderSession? _session;

    /// <summary>A source over objects in order; owns them.</summary>
    /// <param name="readers">The pod's objects; all but the last are full.</param>
    /// <param name="slots">The pod's published slots; those beyond the objects' capacity are not read.</param>
    public SharedMemorySource(IReadOnlyList<ObjectReader> readers, int slots)
        : this(readers, slots, null)
    {
    }

    /// <summary>The same, of memory that is stale once a session is over.</summary>
    internal SharedMemorySource(IReadOnlyList<ObjectReader> readers, int slots, ReaderSession? session)
        : base((readers ?? throw new ArgumentNullException(nameof(readers))).Select(reader => reader.Geometry.Slots), slots) => (_readers, _session) = ([.. readers], session);

    IReadOnlyList<ObjectReader> IHeldObjects.Held => _readers;

    /// <inheritdoc/>
    public override void Activate()
    {
        for (var i = 0; i < _readers.Length; i++)
            _readers[i].Slots = SlotsOf(i);
    }

    internal override void AddTo(WorkingSet set)
    {
        base.AddTo(set);
        set.Add(_readers);
        foreach (var reader in _readers)
        {
            set.Add(reader, 128);
            set.Add(reader.Address, reader.UsedBytes);
        }
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        foreach (var reader in _readers)
            reader.Dispose();
    }

    /// <inheritdoc/>
    protected override RowStatus ReadObject(int index, Span<double> values, long nowNs) =>
        _session is { IsOver: true } ? LookAtObject(index, nowNs) : _readers[index].Read(values, nowNs);

    /// <inheritdoc/>
    protected override RowStatus LookAtObject(int index, long nowNs)
    {
        var status = _readers[index].Look(nowNs); // a moved generation is worth knowing of all the same: the agent may be back
        return _session is { IsOver: true } && status < RowStatus.Stale ? RowStatus.Stale : status;
    }

    /// <inheritdoc/>
    protected override (ulong Generation, long RowTimeNs) First => (_readers[0].Generation, _readers[0].RowTimeNs);
}

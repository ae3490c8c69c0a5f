using MicroView.Analysis;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>Reads a pod's objects on this machine: sealed ones through a mapping, REST segments by pread.</summary>
public sealed class SharedMemorySource : ObjectSource, IHeldObjects
{
    private readonly ObjectReader[] _readers;

    /// <summary>A source over objects in order; owns them.</summary>
    /// <param name="readers">The pod's objects; all but the last are full.</param>
    /// <param name="slots">The pod's published slots; those beyond the objects' capacity are not read.</param>
    public SharedMemorySource(IReadOnlyList<ObjectReader> readers, int slots)
        : base((readers ?? throw new ArgumentNullException(nameof(readers))).Select(reader => reader.Geometry.Slots), slots) => _readers = [.. readers];

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
    protected override RowStatus ReadObject(int index, Span<double> values, long nowNs) => _readers[index].Read(values, nowNs);

    /// <inheritdoc/>
    protected override RowStatus LookAtObject(int index, long nowNs) => _readers[index].Look(nowNs);

    /// <inheritdoc/>
    protected override (ulong Generation, long RowTimeNs) First => (_readers[0].Generation, _readers[0].RowTimeNs);
}

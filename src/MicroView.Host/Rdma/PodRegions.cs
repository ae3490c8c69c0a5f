using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Host;

/// <summary>
/// What of one pod is registered: the control page, and per object the pages in use. Thread-safe. A region that a larger one replaces is
/// handed to the caller, who deregisters it when no reader can use it any more.
/// </summary>
internal sealed class PodRegions(IRegistrar registrar, string pod)
{
    private readonly Lock _gate = new();
    private readonly List<IRegion> _values = [];
    private IRegion? _control;
    private bool _closed;
    private volatile ObjectRegion[]? _published;

    /// <summary>As the layout tells them; null while there are none.</summary>
    internal IReadOnlyList<ObjectRegion>? Published => _published;

    internal int Count
    {
        get
        {
            lock (_gate)
                return _values.Count + (_control is null ? 0 : 1);
        }
    }

    internal long Bytes
    {
        get
        {
            lock (_gate)
                return _values.Sum(region => region.Length) + (_control?.Length ?? 0);
        }
    }

    /// <summary>Registers what so many slots need. What it replaces is added to <paramref name="replaced"/>.</summary>
    /// <returns>True when something new is registered.</returns>
    /// <exception cref="IOException">The kernel refused; what was registered before stands.</exception>
    internal bool Cover(IPodMemory memory, IReadOnlyList<ObjectLayout> objects, int slots, List<IRegion> replaced)
    {
        lock (_gate)
        {
            if (_closed)
                return false;
            var changed = false;
            try
            {
                if (_control is null)
                {
                    _control = memory.Register(registrar, 0, 0, PageFormat.PageSize, RegionAccess.RemoteWrite | RegionAccess.LocalWrite, $"the control page of pod {pod}");
                    changed |= _control is not null;
                }
                for (var i = 0; i < objects.Count; i++)
                {
                    var geometry = new SlotGeometry(objects[i].Capacity, objects[i].Stripes);
                    var here = Math.Clamp(slots, 0, geometry.Slots);
                    slots -= here;
                    changed |= Cover(memory, objects[i], geometry, here, replaced);
                }
            }
            finally
            {
                if (changed)
                    Publish(objects);
            }
            return changed;
        }
    }

    /// <summary>Deregisters everything, once nobody can read it.</summary>
    internal void Close()
    {
        lock (_gate)
        {
            _closed = true;
            _published = null;
            _control?.Dispose();
            _values.ForEach(region => region.Dispose());
            _values.Clear();
            _control = null;
        }
    }

    /// <summary>As the artifact's collectors ask for them.</summary>
    internal IEnumerable<MemoryRegionInfo> Describe(string id)
    {
        lock (_gate)
        {
            var all = _values.Select((region, index) => Info($"{id}/{index}", region)).ToList();
            if (_control is not null)
                all.Add(Info($"{id}/control", _control));
            return all;
        }
    }

    /// <summary>Pages from <see cref="PageFormat.HeaderOffset"/> on for so many slots: a power of two, so that growth is rare, up to the capacity.</summary>
    internal static long BytesFor(SlotGeometry geometry, int slots, int rowSlots)
    {
        var used = (rowSlots > 0 ? geometry.StampedBytes(rowSlots) : geometry.UsedBytes(slots)) - PageFormat.HeaderOffset;
        var pages = System.Numerics.BitOperations.RoundUpToPowerOf2((uint)((used + PageFormat.PageSize - 1) / PageFormat.PageSize));
        return Math.Min((long)pages * PageFormat.PageSize, geometry.Capacity - PageFormat.HeaderOffset);
    }

    private bool Cover(IPodMemory memory, ObjectLayout layout, SlotGeometry geometry, int slots, List<IRegion> replaced)
    {
        var wanted = BytesFor(geometry, slots, layout.RowSlots);
        var held = layout.Index < _values.Count ? _values[layout.Index] : null;
        if (held?.Length >= wanted || layout.Index > _values.Count)
            return false;
        var region = memory.Register(registrar, layout.Index, PageFormat.HeaderOffset, wanted, RegionAccess.RemoteRead, $"object {layout.Index} of pod {pod}");
        if (region is null)
            return false;
        if (held is null)
        {
            _values.Add(region);
        }
        else
        {
            _values[layout.Index] = region;
            replaced.Add(held);
        }
        return true;
    }

    private void Publish(IReadOnlyList<ObjectLayout> objects) => _published =
        [.. _values.Take(objects.Count).Select((region, index) => new ObjectRegion(index, Tell(region), index == 0 && _control is not null ? Tell(_control) : null))];

    private static RemoteRegion Tell(IRegion region) => new(region.Address, region.RemoteKey, region.Length);

    private static MemoryRegionInfo Info(string name, IRegion region) => new(name, region.Address, region.RemoteKey, region.LocalKey, region.Length);
}

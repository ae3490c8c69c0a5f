using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Host;

/// <summary>
/// What of one pod is registered: per object the pages in use, and the control page. Thread-safe. A region that a larger one replaces is
/// handed to the caller, who deregisters it when no reader can use it any more. <see cref="Close"/> waits for a registration that is being made.
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

    /// <summary>Regions that the layout tells of, and their bytes.</summary>
    internal (int Count, long Bytes) Registered
    {
        get
        {
            lock (_gate)
                return (_values.Count + (_control is null ? 0 : 1), _values.Sum(region => region.Length) + (_control?.Length ?? 0));
        }
    }

    /// <summary>Registers what so many slots need; values before the control page, since a pod can be read without it.</summary>
    /// <param name="memory">The pod's memory.</param>
    /// <param name="objects">Its objects, from 0 on.</param>
    /// <param name="slots">Slots over all of them.</param>
    /// <param name="replaced">Takes what a larger region replaces.</param>
    /// <param name="refused">Why the kernel refused; null when it did not. What was registered stands.</param>
    /// <returns>True when something new is registered.</returns>
    internal bool Cover(IPodMemory memory, IReadOnlyList<ObjectLayout> objects, int slots, List<IRegion> replaced, out IOException? refused)
    {
        refused = null;
        lock (_gate)
        {
            var changed = false;
            if (_closed)
                return false;
            try
            {
                foreach (var layout in objects)
                {
                    var geometry = new SlotGeometry(layout.Capacity, layout.Stripes);
                    var here = Math.Clamp(slots, 0, geometry.Slots);
                    slots -= here;
                    changed |= Cover(memory, layout.Index, BytesFor(geometry, here, layout.RowSlots), replaced);
                }
                changed |= CoverControl(memory);
            }
            catch (IOException error)
            {
                refused = error;
            }
            if (changed)
                Publish();
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

    /// <summary>Pages from <see cref="PageFormat.HeaderOffset"/> on for so many slots, and for a row with its stamp: a power of two, so that growth is rare, up to the capacity.</summary>
    internal static long BytesFor(SlotGeometry geometry, int slots, int rowSlots)
    {
        var used = Math.Max(geometry.UsedBytes(slots), rowSlots > 0 ? geometry.StampedBytes(rowSlots) : 0) - PageFormat.HeaderOffset;
        var pages = System.Numerics.BitOperations.RoundUpToPowerOf2((uint)((used + PageFormat.PageSize - 1) / PageFormat.PageSize));
        return Math.Min((long)pages * PageFormat.PageSize, geometry.Capacity - PageFormat.HeaderOffset);
    }

    private bool Cover(IPodMemory memory, int index, long wanted, List<IRegion> replaced)
    {
        var held = index < _values.Count ? _values[index] : null;
        if (held?.Length >= wanted || index > _values.Count)
            return false;
        var region = memory.Register(registrar, index, PageFormat.HeaderOffset, wanted, RegionAccess.RemoteRead, $"object {index} of pod {pod}");
        if (region is null)
            return false;
        if (held is null)
        {
            _values.Add(region);
        }
        else
        {
            _values[index] = region;
            replaced.Add(held);
        }
        return true;
    }

    private bool CoverControl(IPodMemory memory)
    {
        if (_control is not null || _values.Count == 0)
            return false;
        _control = memory.Register(
            registrar, 0, PageFormat.ControlWordOffset, PageFormat.PageSize, RegionAccess.RemoteWrite | RegionAccess.LocalWrite, $"the control page of pod {pod}");
        return _control is not null;
    }

    private void Publish() =>
        _published = [.. _values.Select((region, index) => new ObjectRegion(index, Tell(region), index == 0 && _control is not null ? Tell(_control) : null))];

    private static RemoteRegion Tell(IRegion region) => new(region.Address, region.RemoteKey, region.Length);

    private static MemoryRegionInfo Info(string name, IRegion region) => new(name, region.Address, region.RemoteKey, region.LocalKey, region.Length);
}

using MicroView.Protocol;

namespace MicroView.Client;

/// <summary>
/// A pod's objects and what stands in their slots. Slots are given out once, in order; a metric's slots never span two objects.
/// Thread-safe by one lock, taken when metrics come and go and by the session, never by an update.
/// </summary>
internal sealed class SlotSpace
{
    private static readonly SlotDescriptor Hidden = new() { Name = "hidden", Type = MetricType.Gauge, Role = SlotRole.Hidden };

    private readonly object _gate = new();
    private readonly string _name;
    private readonly List<PageObject> _objects = [];
    private readonly List<SlotDescriptor> _descriptors = [];
    private readonly List<int> _retired = [];
    private readonly PageObject _sink;

    internal SlotSpace(string name, int capacity, int stripes)
    {
        _name = name;
        Geometry = new(capacity, stripes);
        _sink = PageObject.CreatePrivate(new(2 * PageFormat.PageSize, stripes));
        First = CreateFirst(name, Geometry, out var problem);
        Problem = problem;
        _objects.Add(First);
    }

    internal SlotGeometry Geometry { get; }

    /// <summary>Object 0, which holds the control word.</summary>
    internal PageObject First { get; }

    /// <summary>Why the memory cannot be shared with an agent; null when it can.</summary>
    internal string? Problem { get; }

    /// <summary>Gives out <paramref name="descriptors"/>.Length consecutive slots of one object; null when there is no room left.</summary>
    internal SlotCell[]? Assign(SlotDescriptor[] descriptors, out int firstSlot)
    {
        lock (_gate)
        {
            var perObject = Geometry.Slots;
            var left = _objects.Count * perObject - _descriptors.Count;
            var inLast = left % perObject;
            var padding = inLast != 0 && inLast < descriptors.Length ? inLast : 0;
            firstSlot = _descriptors.Count + padding;
            if (descriptors.Length > perObject || firstSlot + descriptors.Length > PageFormat.MaxObjects * perObject || !Reach(firstSlot / perObject))
                return null;
            for (var i = 0; i < padding; i++)
                _descriptors.Add(Hidden);
            _descriptors.AddRange(descriptors);
            var cells = new SlotCell[descriptors.Length];
            for (var i = 0; i < cells.Length; i++)
                cells[i] = CellOf(firstSlot + i);
            return cells;
        }
    }

    /// <summary>Cells that nobody reads, for an inert metric; shared by all of them.</summary>
    internal SlotCell[] Sink(int count)
    {
        var cells = new SlotCell[count];
        for (var i = 0; i < count; i++)
            cells[i] = _sink.Cell(i % _sink.Geometry.Slots);
        return cells;
    }

    /// <summary>Marks slots whose metric has moved to the sink.</summary>
    internal void Retire(int firstSlot, int count)
    {
        lock (_gate)
        {
            for (var slot = firstSlot; slot < firstSlot + count; slot++)
            {
                _descriptors[slot] = Hidden; // so that an agent that comes later never hears of the metric
                _retired.Add(slot);
                CellOf(slot).Store(double.NaN);
            }
        }
    }

    /// <summary>What a session has still to tell the agent. Retired slots get their NaN again: an update may have been under way.</summary>
    internal Announcement Next(int objects, int descriptors, int retired)
    {
        lock (_gate)
        {
            foreach (var slot in _retired.Skip(retired))
                CellOf(slot).Store(double.NaN);
            return new(objects < _objects.Count ? _objects[objects] : null, Batch(descriptors, objects * Geometry.Slots),
                [.. _retired.Skip(retired).Take(DescribeBatch.MaxDescriptors)]);
        }
    }

    /// <summary>How many slots were retired by now.</summary>
    internal int RetiredCount
    {
        get
        {
            lock (_gate)
                return _retired.Count;
        }
    }

    /// <summary>Closes the files; the mappings stay for whoever updates.</summary>
    internal void Close()
    {
        lock (_gate)
            foreach (var each in _objects)
                each.Dispose();
    }

    private static PageObject CreateFirst(string name, SlotGeometry geometry, out string? problem)
    {
        problem = null;
        try
        {
            return PageObject.Create(name, geometry);
        }
        catch (Exception error) when (error is SystemCallException or DllNotFoundException or EntryPointNotFoundException)
        {
            problem = error.Message;
            return PageObject.CreatePrivate(geometry);
        }
    }

    private SlotDescriptor[] Batch(int from, int end)
    {
        var (budget, count, whole) = (DescribeBatch.MaxBytes, 0, 0);
        end = Math.Min(end, _descriptors.Count);
        while (from + count < end && count < DescribeBatch.MaxDescriptors)
        {
            var descriptor = _descriptors[from + count];
            budget -= DescribeBatch.Weight(descriptor);
            if (budget < 0)
                break; // one descriptor alone always fits: NameRules bounds it
            count++;
            if (descriptor.Role != SlotRole.Bucket)
                whole = count; // a histogram goes whole, up to its sum
        }
        return [.. _descriptors.GetRange(from, whole > 0 ? whole : count)];
    }

    private SlotCell CellOf(int slot) => _objects[slot / Geometry.Slots].Cell(slot % Geometry.Slots);

    private bool Reach(int index)
    {
        if (index < _objects.Count)
            return true;
        try
        {
            _objects.Add(Problem is null ? PageObject.Create($"{_name}.{index}", Geometry) : PageObject.CreatePrivate(Geometry));
            return true;
        }
        catch (SystemCallException)
        {
            return false; // out of descriptors or memory: the metric is inert, and the client counts it
        }
    }
}

/// <summary>What an agent has not heard of: the next object, descriptors that fit the objects it has, retired slots.</summary>
internal sealed record Announcement(PageObject? Object, SlotDescriptor[] Descriptors, int[] Retired)
{
    internal bool IsEmpty => Object is null && Descriptors.Length == 0 && Retired.Length == 0;
}

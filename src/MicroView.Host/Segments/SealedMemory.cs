using Microsoft.Win32.SafeHandles;
using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Host;

/// <summary>A pod's sealed objects, mapped. Memory that is to be unmapped leaves the heartbeats first.</summary>
internal sealed class SealedMemory : IPodMemory
{
    private readonly Lock _gate = new();
    private readonly List<PageObject> _objects = [];
    private Heartbeats? _beats;
    private bool _closed;
    private long _capacity;

    internal SealedMemory(PageObject first)
    {
        _objects.Add(first);
        _capacity = first.Geometry.Capacity;
    }

    public long Capacity => Volatile.Read(ref _capacity);

    public bool IsIntact
    {
        get
        {
            lock (_gate)
            {
                foreach (var page in _objects)
                    if (!_closed && !page.HeaderIsIntact)
                        return false;
                return true;
            }
        }
    }

    public ControlWord? Control
    {
        get
        {
            lock (_gate)
                return _closed ? null : _objects[0].Control;
        }
        set
        {
            lock (_gate)
                if (!_closed && value is { } word)
                    _objects[0].Control = word;
        }
    }

    /// <summary>Takes a further object; closes it when the pod is gone.</summary>
    internal void Add(PageObject page)
    {
        lock (_gate)
        {
            if (_closed)
            {
                page.Unmap();
                return;
            }
            _objects.Add(page);
            _capacity += page.Geometry.Capacity;
            _beats?.Add(page);
        }
    }

    public void SetGeneration(ulong generation)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            foreach (var page in _objects)
                page.Generation = generation;
        }
    }

    public void Follow(Heartbeats? beats)
    {
        lock (_gate)
        {
            foreach (var page in _objects)
                _beats?.Remove(page);
            _beats = _closed ? null : beats;
            foreach (var page in _objects)
                _beats?.Add(page);
        }
    }

    public SafeFileHandle? OpenReadOnly(int index)
    {
        lock (_gate)
            return _closed || index >= _objects.Count ? null : MemoryFile.ReopenReadOnly(_objects[index].File);
    }

    /// <summary>Outside of the lock, since it touches every page and a heartbeat must not wait for that: the caller keeps <see cref="Close"/> away.</summary>
    public IRegion? Register(IRegistrar registrar, int index, int offset, long length, RegionAccess access, string subject)
    {
        PageObject page;
        lock (_gate)
        {
            if (_closed || index >= _objects.Count)
                return null;
            page = _objects[index];
        }
        return registrar.Register(page.Address + offset, length, access, page, subject);
    }

    public bool TryRead(Span<double> values)
    {
        lock (_gate)
        {
            if (_closed)
                return false;
            var perObject = _objects[0].Geometry.Slots;
            for (var slot = 0; slot < values.Length; slot++)
                values[slot] = _objects[slot / perObject].Sum(slot % perObject);
            return true;
        }
    }

    /// <summary>Writes a batch row; false when the pod is gone.</summary>
    internal bool WriteRow(ReadOnlySpan<double> values, long timeNs)
    {
        lock (_gate)
        {
            if (_closed)
                return false;
            _objects[0].WriteRow(values, timeNs);
            return true;
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            if (_closed)
                return;
            _closed = true;
            foreach (var page in _objects)
            {
                _beats?.Remove(page);
                page.Unmap();
            }
        }
    }
}

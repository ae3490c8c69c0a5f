using System.Threading;

namespace MicroView.Protocol;

/// <summary>
/// The heartbeats of many objects, moved together: a pass over their addresses, where going through each object by itself waits for memory several times a pod. An object
/// must have left before it is unmapped. Thread-safe; nothing is called inside its lock, which a beat holds for a store per object.
/// </summary>
public sealed unsafe class HeartbeatBoard
{
    private readonly object _gate = new();
    private readonly Dictionary<PageObject, int> _places = [];
    private PageObject[] _objects = new PageObject[16];
    private nint[] _words = new nint[16];

    /// <summary>Adds an object, once.</summary>
    public void Add(PageObject page)
    {
        ArgumentNullException.ThrowIfNull(page);
        lock (_gate)
        {
            var place = _places.Count;
            if (!_places.TryAdd(page, place))
                return;
            if (place == _words.Length)
            {
                Array.Resize(ref _objects, 2 * place);
                Array.Resize(ref _words, 2 * place);
            }
            (_objects[place], _words[place]) = (page, page.Address + PageFormat.HeartbeatField);
        }
    }

    /// <summary>Takes an object off; no beat reaches it when this has returned.</summary>
    public void Remove(PageObject page)
    {
        ArgumentNullException.ThrowIfNull(page);
        lock (_gate)
        {
            if (!_places.Remove(page, out var place))
                return;
            var last = _places.Count;
            if (place != last)
            {
                (_objects[place], _words[place]) = (_objects[last], _words[last]);
                _places[_objects[place]] = place;
            }
            (_objects[last], _words[last]) = (null!, 0);
        }
    }

    /// <summary>Moves every heartbeat.</summary>
    public void Beat(ulong heartbeat)
    {
        lock (_gate)
            for (var i = 0; i < _places.Count; i++)
                Volatile.Write(ref *(ulong*)_words[i], heartbeat);
    }
}

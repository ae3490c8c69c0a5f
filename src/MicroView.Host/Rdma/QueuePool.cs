using Microsoft.Extensions.Logging;
using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Host;

/// <summary>A queue pair that answers a collector's READs; the device's, or a test's own. For one caller at a time.</summary>
internal interface IAnsweringQueue : IDisposable
{
    /// <summary>What a peer must know of it.</summary>
    QueuePairEnd End { get; }

    QueuePairState State { get; }

    /// <exception cref="IOException">The device refused.</exception>
    void Connect(QueuePairEnd peer, Gid gid);

    void Reset();
}

/// <summary>Who connects a queue pair: a lease, or, without one, an address.</summary>
/// <param name="Name">For people, and to know the same collector again.</param>
/// <param name="Lease">The lease that ends its hold; null: an artifact's peer, which has none.</param>
internal sealed record QueueOwner(string Name, ReaderLease? Lease);

/// <summary>
/// The agent's queue pairs and who has connected them (docs/control-plane.md, "RDMA"). Thread-safe; inside its lock only the device and
/// <see cref="ReaderLeases"/> are called.
/// </summary>
internal sealed class QueuePool : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ILogger _log;
    private readonly ReaderLeases _leases;
    private readonly Place[] _places;
    private long _connects, _errors;

    internal QueuePool(IEnumerable<IAnsweringQueue> queues, ReaderLeases leases, ILogger log)
    {
        (_leases, _log) = (leases, log);
        _places = [.. queues.Select((queue, index) => new Place(queue, index))];
    }

    internal int Count => _places.Length;

    internal long Connects => Interlocked.Read(ref _connects);

    internal long Errors => Interlocked.Read(ref _errors);

    internal int InUse
    {
        get
        {
            lock (_gate)
                return _places.Count(place => place.Owner is not null);
        }
    }

    /// <summary>All of them, as a peer sees them.</summary>
    internal QueuePairEnd[] Describe()
    {
        lock (_gate)
            return [.. _places.Select(Describe)];
    }

    /// <summary>Connects an owner's queue pairs: those it holds already first, then free ones, or the one that an end names.</summary>
    internal ConnectReply Connect(IReadOnlyList<QueuePairEnd> asked, QueueOwner owner)
    {
        lock (_gate)
        {
            ResetEnded();
            var taken = new HashSet<int>();
            var results = new List<ConnectResult>();
            foreach (var peer in asked)
                results.Add(Connect(peer, owner, taken));
            var connected = results.Count(result => result.QueuePair is not null);
            return new(connected == asked.Count ? "success" : connected > 0 ? "partial" : "failed", connected, asked.Count, results);
        }
    }

    /// <summary>Resets and frees the queue pairs of leases that have ended: nothing is deregistered before.</summary>
    internal void ResetEnded()
    {
        lock (_gate)
            foreach (var place in _places)
                if (place.Owner?.Lease is { } lease && !_leases.IsOpen(lease))
                    Free(place, "its lease has ended");
    }

    /// <summary>Resets and frees what a collector gives back.</summary>
    internal void Leave(string name)
    {
        lock (_gate)
            foreach (var place in _places)
                if (place.Owner?.Name == name)
                    Free(place, "it has left");
    }

    /// <summary>Looks at the states: a queue pair in error is named once, and is free when its owner has no lease that would end.</summary>
    internal void Inspect()
    {
        lock (_gate)
        {
            ResetEnded();
            foreach (var place in _places)
            {
                if (place.Owner is not { } owner || place.InError || StateOf(place) != QueuePairState.Error)
                    continue;
                place.InError = true;
                Interlocked.Increment(ref _errors);
                _log.QueueFailed(place.Queue.End.QpNum, owner.Name);
                if (owner.Lease is null)
                    Free(place, "it is in error");
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
            foreach (var place in _places)
                place.Queue.Dispose();
    }

    private ConnectResult Connect(QueuePairEnd peer, QueueOwner owner, HashSet<int> taken)
    {
        if (!Gid.TryParse(peer.Gid, out var gid))
            return new("failed", null, "the GID is not one: write it as an IPv6 address");
        if (Find(peer.Index, owner, taken, out var problem) is not { } place)
            return new("failed", null, problem);
        taken.Add(place.Index);
        try
        {
            place.Queue.Connect(peer, gid);
        }
        catch (IOException error)
        {
            Free(place, "connecting it failed");
            return new("failed", null, error.Message);
        }
        (place.Owner, place.InError) = (owner, false);
        Interlocked.Increment(ref _connects);
        _log.QueueConnected(place.Queue.End.QpNum, place.Queue.End.Gid, owner.Name, peer.QpNum, peer.Gid);
        return new("connected", Describe(place));
    }

    private Place? Find(int? index, QueueOwner owner, HashSet<int> taken, out string problem)
    {
        problem = "";
        if (index is { } wanted)
        {
            if (wanted < 0 || wanted >= _places.Length)
                problem = $"there is no queue pair {wanted}; there are {_places.Length}";
            else if (_places[wanted].Owner is { } holder && holder.Name != owner.Name)
                problem = $"queue pair {wanted} is in use by '{holder.Name}'";
            return problem.Length == 0 ? _places[wanted] : null;
        }
        var free = Array.Find(_places, place => place.Owner?.Name == owner.Name && !taken.Contains(place.Index))
            ?? Array.Find(_places, place => place.Owner is null);
        if (free is null)
            problem = $"no queue pair is free: {_places.Length} in all, in use by {string.Join(", ", _places.Select(place => $"'{place.Owner!.Name}'").Distinct())}; start the agent with more --rdma-queues";
        return free;
    }

    private void Free(Place place, string reason)
    {
        if (place.Owner is { } owner)
            _log.QueueFreed(place.Queue.End.QpNum, owner.Name, reason);
        (place.Owner, place.InError) = (null, false);
        try
        {
            place.Queue.Reset();
        }
        catch (IOException error)
        {
            _log.Unexpected("resetting a queue pair", error.Message);
        }
    }

    private QueuePairState StateOf(Place place)
    {
        try
        {
            return place.Queue.State;
        }
        catch (IOException error)
        {
            _log.Unexpected("querying a queue pair", error.Message);
            return QueuePairState.Reset;
        }
    }

    private QueuePairEnd Describe(Place place) => place.Queue.End with
    {
        Index = place.Index,
        InUse = place.Owner is not null,
        State = StateOf(place) switch
        {
            QueuePairState.Reset => "reset",
            QueuePairState.Init => "init",
            QueuePairState.ReadyToReceive => "rtr",
            QueuePairState.ReadyToSend => "rts",
            QueuePairState.Error => "error",
            _ => "other",
        },
    };

    private sealed class Place(IAnsweringQueue queue, int index)
    {
        public IAnsweringQueue Queue => queue;

        public int Index => index;

        public QueueOwner? Owner { get; set; }

        public bool InError { get; set; }
    }
}

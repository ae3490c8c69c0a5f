using Microsoft.Extensions.Logging;
using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Host;

/// <summary>
/// The agent's queue pairs and who has connected them (docs/control-plane.md, "RDMA"). Thread-safe; inside its lock only
/// <see cref="ReaderLeases"/> and calls of the device that do not wait are made. Connecting may wait for the network: the queue pair is claimed
/// meanwhile and the lock is free.
/// </summary>
internal sealed class QueuePool : IDisposable
{
    private readonly Lock _gate = new();
    private readonly ILogger _log;
    private readonly ReaderLeases _leases;
    private readonly QueuePlace[] _places;
    private long _connects, _errors;

    internal QueuePool(IEnumerable<IAnsweringQueue> queues, ReaderLeases leases, ILogger log)
    {
        (_leases, _log) = (leases, log);
        _places = [.. queues.Select((queue, index) => new QueuePlace(queue, index))];
    }

    internal int Count => _places.Length;

    internal long Connects => Interlocked.Read(ref _connects);

    internal long Errors => Interlocked.Read(ref _errors);

    internal int InUse => CountWhere(place => place.Owner is not null);

    /// <summary>Queue pairs in a state, as it was when it was last looked at.</summary>
    internal int CountOf(string state) => CountWhere(place => place.StateName == state);

    /// <summary>All of them, as a peer sees them.</summary>
    internal QueuePairEnd[] Describe() => Array.ConvertAll(_places, Describe);

    /// <summary>One of them.</summary>
    internal QueuePairEnd Describe(int index) => Describe(_places[index]);

    /// <summary>
    /// Connects an owner's queue pairs: the one that an end names, else those that it holds already, in whatever state, else free ones. The
    /// answer is in the order of the request, whose ends are checked (<see cref="PeerRules"/>).
    /// </summary>
    internal ConnectReply Connect(IReadOnlyList<QueuePairEnd> asked, QueueOwner owner)
    {
        ResetEnded();
        var problems = new string[asked.Count];
        var claimed = Claim(asked, owner, problems);
        var silent = new Dictionary<string, string>(StringComparer.Ordinal); // a peer that one did not reach, the next does not
        var results = new ConnectResult[asked.Count];
        for (var i = 0; i < results.Length; i++)
            results[i] = claimed[i] is { } place ? Connect(place, asked[i], owner, silent) : new("failed", null, problems[i]);
        var connected = results.Count(result => result.QueuePair is not null);
        return new(connected == asked.Count ? "success" : connected > 0 ? "partial" : "failed", connected, asked.Count, results);
    }

    /// <summary>Resets and frees the queue pairs of leases that have ended: nothing is deregistered before. One that is being connected is reset by its connector.</summary>
    internal void ResetEnded() => FreeWhere(owner => owner.Lease is { } lease && !_leases.IsOpen(lease), "its lease has ended");

    /// <summary>Resets and frees what a collector gives back.</summary>
    internal void Leave(string name) => FreeWhere(owner => owner.Name == name, "it has left");

    /// <summary>Resets and frees them all: the agent is stopping.</summary>
    internal void ResetAll() => FreeWhere(_ => true, "the agent is stopping");

    /// <summary>Looks at the states: a queue pair in error is named once, and is free when its owner has no lease that would end.</summary>
    internal void Inspect()
    {
        ResetEnded();
        foreach (var place in _places)
            lock (_gate)
            {
                if (place.Owner is not { } owner || place.IsConnecting || place.InError || !TryQuery(place) || place.State != QueuePairState.Error)
                    continue;
                place.InError = true;
                Interlocked.Increment(ref _errors);
                _log.QueueFailed(place.Queue.End.QpNum, owner.Name);
                if (owner.Lease is null)
                    Free(place, "it is in error");
            }
    }

    public void Dispose()
    {
        lock (_gate)
            foreach (var place in _places)
                place.Queue.Dispose();
    }

    /// <summary>Takes a place for each end, those that name one first; null where there is none, with the problem.</summary>
    private QueuePlace?[] Claim(IReadOnlyList<QueuePairEnd> asked, QueueOwner owner, string[] problems)
    {
        var claimed = new QueuePlace?[asked.Count];
        lock (_gate)
            foreach (var named in (bool[])[true, false])
                for (var i = 0; i < asked.Count; i++)
                {
                    if (asked[i].Index is not null != named)
                        continue;
                    claimed[i] = asked[i].Index is { } index ? FindNamed(index, owner, out problems[i]) : FindAny(owner, out problems[i]);
                    if (claimed[i] is { } place)
                        (place.Owner, place.IsConnecting, place.InError) = (owner, true, false);
                }
        return claimed;
    }

    private QueuePlace? FindNamed(int index, QueueOwner owner, out string problem)
    {
        problem = index < 0 || index >= _places.Length ? $"there is no queue pair {index}; there are {_places.Length}"
            : _places[index].Owner is { } holder && holder.Name != owner.Name ? $"queue pair {index} is in use by '{holder.Name}'"
            : _places[index].IsConnecting ? $"queue pair {index} is being connected already; name each once"
            : "";
        return problem.Length == 0 ? _places[index] : null;
    }

    private QueuePlace? FindAny(QueueOwner owner, out string problem)
    {
        var found = Array.Find(_places, place => place.Owner?.Name == owner.Name && !place.IsConnecting)
            ?? Array.Find(_places, place => place.Owner is null);
        problem = found is not null ? ""
            : $"no queue pair is free: {_places.Length} in all, in use by {string.Join(", ", _places.Select(place => $"'{place.Owner!.Name}'").Distinct())}; start the agent with more --rdma-queues";
        return found;
    }

    private ConnectResult Connect(QueuePlace place, QueuePairEnd peer, QueueOwner owner, Dictionary<string, string> silent)
    {
        if (!silent.TryGetValue(peer.Gid, out var problem) && (problem = TryConnect(place.Queue, peer)) is not null)
            silent.Add(peer.Gid, problem);
        lock (_gate)
        {
            place.IsConnecting = false;
            if (owner.Lease is { } lease && !_leases.IsOpen(lease))
                problem ??= "the lease has ended meanwhile; ask for /v1/layout with it, and connect again";
            if (problem is not null)
            {
                Free(place, "connecting it failed");
                return new("failed", null, problem);
            }
            place.State = QueuePairState.ReadyToSend;
        }
        Interlocked.Increment(ref _connects);
        _log.QueueConnected(place.Queue.End.QpNum, place.Queue.End.Gid, owner.Name, peer.QpNum, peer.Gid);
        return new("connected", Describe(place));
    }

    private static string? TryConnect(IAnsweringQueue queue, QueuePairEnd peer)
    {
        try
        {
            queue.Connect(peer, Gid.TryParse(peer.Gid, out var gid) ? gid : throw new IOException($"'{peer.Gid}' is no GID"));
            return null;
        }
        catch (IOException error)
        {
            return error.Message;
        }
        catch (ObjectDisposedException)
        {
            return "the agent is stopping";
        }
    }

    private void FreeWhere(Func<QueueOwner, bool> matches, string reason)
    {
        lock (_gate)
            foreach (var place in _places)
                if (place is { Owner: { } owner, IsConnecting: false } && matches(owner))
                    Free(place, reason);
    }

    private void Free(QueuePlace place, string reason)
    {
        if (place.Owner is { } owner)
            _log.QueueFreed(place.Queue.End.QpNum, owner.Name, reason);
        (place.Owner, place.InError, place.State) = (null, false, QueuePairState.Reset);
        try
        {
            place.Queue.Reset();
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            _log.Unexpected("resetting a queue pair", error.Message);
        }
    }

    /// <summary>Asks the device for the state; false, told once, when it does not say.</summary>
    private bool TryQuery(QueuePlace place)
    {
        try
        {
            place.State = place.Queue.State;
            place.IsMute = false;
            return true;
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            if (!place.IsMute)
                _log.Unexpected("querying a queue pair", error.Message);
            place.IsMute = true;
            return false;
        }
    }

    private QueuePairEnd Describe(QueuePlace place)
    {
        lock (_gate)
        {
            if (!place.IsConnecting)
                _ = TryQuery(place);
            return place.Queue.End with { Index = place.Index, InUse = place.Owner is not null, State = place.StateName };
        }
    }

    private int CountWhere(Func<QueuePlace, bool> matches)
    {
        lock (_gate)
            return _places.Count(matches);
    }
}

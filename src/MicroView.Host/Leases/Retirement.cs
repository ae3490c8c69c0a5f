using System.Diagnostics;

namespace MicroView.Host;

/// <summary>
/// What readers may still be reading although it has gone: pods that left the layout, and regions that growth replaced (docs/control-plane.md,
/// "Retirement"). Thread-safe; memory is given up outside its lock.
/// </summary>
internal sealed class Retirement(HostState state)
{
    private readonly Lock _gate = new();
    private readonly List<Waiting> _waiting = [];

    /// <summary>Pods that wait.</summary>
    internal int Count => (int)Sum(waiting => waiting.Pod is null ? 0 : 1);

    /// <summary>Whether anything waits.</summary>
    internal bool IsWaiting
    {
        get
        {
            lock (_gate)
                return _waiting.Count > 0;
        }
    }

    /// <summary>Replaced regions that wait, and their bytes.</summary>
    internal (int Count, long Bytes) Regions => ((int)Sum(waiting => waiting.Region is null ? 0 : 1), Sum(waiting => waiting.Region?.Length ?? 0));

    /// <summary>Takes a pod out of the layout and gives its memory up as soon as no reader can be reading it.</summary>
    internal void Retire(ServedPod pod)
    {
        lock (_gate)
        {
            var generation = state.Book.Remove(pod);
            if (generation == 0)
                return;
            _waiting.Add(new(generation, Stopwatch.GetTimestamp(), pod, null));
        }
        Release();
        if (IsWaiting)
            state.HurryBeats?.Invoke();
    }

    /// <summary>Deregisters regions as soon as no reader can be reading them.</summary>
    /// <param name="replaced">The regions.</param>
    /// <param name="generation">The first generation that no longer told of them.</param>
    internal void Keep(IReadOnlyCollection<IRegion> replaced, ulong generation)
    {
        lock (_gate)
            _waiting.AddRange(replaced.Select(region => new Waiting(generation, Stopwatch.GetTimestamp(), null, region)));
        Release();
    }

    /// <summary>Gives up what all readers have acknowledged; called at each acknowledgement and regularly, for leases that end.</summary>
    internal void Release()
    {
        List<Waiting>? free = null;
        List<ReaderLease>? ended = null;
        lock (_gate)
        {
            if (_waiting.Count > 0)
            {
                ended = EndLaggards();
                var acknowledged = state.Readers.OldestAcknowledged();
                free = _waiting.FindAll(waiting => waiting.Generation <= acknowledged);
                _waiting.RemoveAll(waiting => waiting.Generation <= acknowledged);
            }
        }
        // A lease that has ended counts no more, so its queue pairs must not reach what is given up now.
        state.Rdma?.Queues.ResetEnded();
        ended?.ForEach(lease => lease.Replaced?.Invoke());
        free?.ForEach(GiveUp);
    }

    /// <summary>Gives up everything at once: the agent is stopping.</summary>
    internal void ReleaseAll()
    {
        List<Waiting> free;
        lock (_gate)
        {
            free = [.. _waiting];
            _waiting.Clear();
        }
        state.Rdma?.Queues.ResetAll();
        free.ForEach(GiveUp);
    }

    /// <summary>A reader that renews its lease and never acknowledges would keep memory for ever.</summary>
    private List<ReaderLease>? EndLaggards()
    {
        ulong generation = 0;
        foreach (var waiting in _waiting)
            if (Stopwatch.GetElapsedTime(waiting.Since) > state.Options.ReaderPatience)
                generation = Math.Max(generation, waiting.Generation);
        if (generation == 0)
            return null;
        var behind = state.Readers.EndBehind(generation);
        behind.ForEach(lease => state.Log.ReaderBehind(lease.Name, generation, state.Options.ReaderPatience.TotalSeconds));
        return behind;
    }

    private void GiveUp(Waiting waiting)
    {
        waiting.Region?.Dispose();
        if (waiting.Pod is not { } pod)
            return;
        var capacity = pod.Memory.Capacity;
        pod.Regions?.Close();
        pod.Memory.Close();
        state.Quota.ReturnPod(capacity, pod.Objects.Count, pod.Identity.Kind);
        state.Metrics.Retired.Increment();
    }

    private long Sum(Func<Waiting, long> what)
    {
        lock (_gate)
            return _waiting.Sum(what);
    }

    /// <summary>A pod or a region, since when it waits, and the generation that readers must acknowledge first.</summary>
    private readonly record struct Waiting(ulong Generation, long Since, ServedPod? Pod, IRegion? Region);
}

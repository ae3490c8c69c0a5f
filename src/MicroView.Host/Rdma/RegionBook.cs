using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>
/// Registers pods' memory before the generation that tells of it, and keeps what growth replaced until every reader has acknowledged the
/// generation after. Thread-safe; its own lock is taken inside none and holds no call.
/// </summary>
internal sealed class RegionBook(IRegistrar registrar, HostState state)
{
    private readonly Lock _gate = new();
    private readonly List<(IRegion Region, ulong Generation)> _replaced = [];
    private string? _lastProblem;

    /// <summary>Memory that is registered and already replaced.</summary>
    internal int Replaced
    {
        get
        {
            lock (_gate)
                return _replaced.Count;
        }
    }

    /// <summary>Gives a new pod its regions, before it is published.</summary>
    internal void Begin(ServedPod pod, ObjectLayout first)
    {
        pod.Regions = new(registrar, pod.Identity.Pod);
        Cover(pod, [first], first.RowSlots, []);
    }

    /// <summary>Registers what a pod needs, publishes by <paramref name="publish"/>, and lets go of what growth replaced once that generation is acknowledged.</summary>
    /// <param name="pod">The pod.</param>
    /// <param name="added">An object that the layout does not list yet.</param>
    /// <param name="slots">Slots that will be published in all.</param>
    /// <param name="publish">Moves the pod's generation, unless it refuses.</param>
    internal T Publish<T>(ServedPod pod, ObjectLayout? added, int slots, Func<T> publish)
    {
        var held = state.Book.ObjectsOf(pod).Select(held => held.Layout);
        var replaced = new List<IRegion>();
        Cover(pod, added is null ? [.. held] : [.. held, added], slots, replaced);
        var before = state.Book.GenerationOf(pod);
        var result = publish();
        if (replaced.Count > 0)
            Settle(pod, before, replaced);
        return result;
    }

    /// <summary>Tries again what the kernel refused; a pod that gets its regions is published anew.</summary>
    internal void TryAgain(ServedPod[] pods)
    {
        foreach (var pod in pods)
        {
            var replaced = new List<IRegion>();
            if (!pod.RegionsRefused || !Cover(pod, [.. state.Book.ObjectsOf(pod).Select(held => held.Layout)], state.Book.SlotsOf(pod), replaced))
                continue;
            var before = state.Book.GenerationOf(pod);
            state.Book.Touch(pod);
            Settle(pod, before, replaced);
        }
    }

    /// <summary>Deregisters what no reader uses any more.</summary>
    /// <param name="acknowledged">The oldest generation that all readers have acknowledged.</param>
    internal void Release(ulong acknowledged)
    {
        List<IRegion> free;
        lock (_gate)
        {
            if (_replaced.Count == 0)
                return;
            free = [.. _replaced.Where(old => old.Generation <= acknowledged).Select(old => old.Region)];
            _replaced.RemoveAll(old => old.Generation <= acknowledged);
        }
        free.ForEach(region => region.Dispose());
    }

    /// <summary>Keeps what was replaced until the generation that told of it is acknowledged; an older one may still be read by.</summary>
    private void Settle(ServedPod pod, ulong before, List<IRegion> replaced)
    {
        if (state.Book.GenerationOf(pod) == before)
            state.Book.Touch(pod); // the publishing was refused, and the regions have changed all the same
        var generation = state.Book.GenerationOf(pod);
        lock (_gate)
            _replaced.AddRange(replaced.Select(region => (region, generation)));
    }

    private bool Cover(ServedPod pod, IReadOnlyList<ObjectLayout> objects, int slots, List<IRegion> replaced)
    {
        if (pod.Regions is not { } regions || objects.Count == 0)
            return false;
        try
        {
            var changed = regions.Cover(pod.Memory, objects, slots, replaced);
            pod.RegionsRefused = false;
            return changed;
        }
        catch (IOException error)
        {
            pod.RegionsRefused = true;
            state.Metrics.RegistrationsFailed.Increment();
            Tell(pod, error.Message);
            return false;
        }
    }

    /// <summary>One cause is told once: a full memlock limit refuses every pod after it.</summary>
    private void Tell(ServedPod pod, string problem)
    {
        var cause = problem[(problem.IndexOf(": ", StringComparison.Ordinal) + 1)..];
        if (Interlocked.Exchange(ref _lastProblem, cause) != cause)
            state.Log.NotRegistered(pod.Id, problem);
    }
}

using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Host;

/// <summary>
/// Registers pods' memory before the generation that tells of it, and hands what growth replaced to <see cref="Retirement"/>. Thread-safe; its
/// own lock is taken inside of none and holds no call.
/// </summary>
internal sealed class RegionBook(IRegistrar registrar, HostState state)
{
    private const int MostFailures = 8; // of one round: a full memlock limit refuses every pod alike

    private readonly Lock _gate = new();
    private readonly HashSet<(Type, int)> _told = [];
    private int _next;

    /// <summary>Regions that are registered, and their bytes, those included that were replaced and still wait.</summary>
    internal (int Count, long Bytes) Registered
    {
        get
        {
            var (count, bytes) = state.Retirement.Regions;
            foreach (var pod in state.Book.Snapshot())
                if (pod.Regions?.Registered is { } held)
                    (count, bytes) = (count + held.Count, bytes + held.Bytes);
            return (count, bytes);
        }
    }

    /// <summary>Gives a new pod its regions, before it is published.</summary>
    internal void Begin(ServedPod pod, ObjectLayout first)
    {
        pod.Regions = new(registrar, pod.Identity.Pod);
        Cover(pod, [first], 0, []);
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
        var changed = Cover(pod, added is null ? [.. held] : [.. held, added], slots, replaced);
        var before = state.Book.GenerationOf(pod);
        var result = publish();
        if (changed)
            Settle(pod, before, replaced);
        return result;
    }

    /// <summary>Tries again what the kernel refused, some pods at a time; one that gets its regions is published anew.</summary>
    internal void TryAgain()
    {
        var refused = Array.FindAll(state.Book.Snapshot(), pod => pod.RegionsRefused);
        if (refused.Length == 0)
            lock (_gate)
                _told.Clear(); // the next time is another cause
        for (var (tried, failures) = (0, 0); tried < refused.Length && failures < MostFailures; tried++)
        {
            var pod = refused[(int)((uint)_next++ % (uint)refused.Length)];
            var replaced = new List<IRegion>();
            if (Cover(pod, [.. state.Book.ObjectsOf(pod).Select(held => held.Layout)], state.Book.SlotsOf(pod), replaced))
                Settle(pod, state.Book.GenerationOf(pod), replaced);
            if (pod.RegionsRefused)
                failures++;
        }
    }

    /// <summary>Makes sure that a generation tells of the new regions, and keeps what they replaced until it is acknowledged.</summary>
    private void Settle(ServedPod pod, ulong before, List<IRegion> replaced)
    {
        if (state.Book.GenerationOf(pod) == before)
            state.Book.Touch(pod); // publishing was refused, or there was nothing to publish
        if (replaced.Count > 0)
            state.Retirement.Keep(replaced, state.Book.Generation); // at or past the pod's, and past its removal
    }

    private bool Cover(ServedPod pod, IReadOnlyList<ObjectLayout> objects, int slots, List<IRegion> replaced)
    {
        if (pod.Regions is not { } regions || objects.Count == 0)
            return false;
        var changed = regions.Cover(pod.Memory, objects, slots, replaced, out var refused);
        pod.RegionsRefused = refused is not null;
        if (refused is not null)
        {
            state.Metrics.RegistrationsFailed.Increment();
            Tell(pod, refused);
        }
        return changed;
    }

    /// <summary>One cause is told once, whichever pod it meets.</summary>
    private void Tell(ServedPod pod, IOException problem)
    {
        var cause = (problem.GetType(), problem switch { VerbsException verbs => verbs.Errno, SystemCallException call => call.Errno, _ => problem.HResult });
        lock (_gate)
            if (!_told.Add(cause))
                return;
        state.Log.NotRegistered(pod.Id, problem.Message);
    }
}

namespace MicroView.Host;

/// <summary>
/// Cuts an update so that it fits a frame: at a generation. Everything up to it is told, everything after it waits for the next
/// question, and since each generation is one bounded change, an update always makes headway.
/// </summary>
internal static class LayoutCut
{
    internal static ulong At(IReadOnlyCollection<ServedPod> pods, ulong since, ulong generation, long budget)
    {
        if (budget == long.MaxValue || Cost(pods, since) <= budget)
            return generation;
        var changes = new List<(ulong Generation, int Bytes, ServedPod Pod)>();
        foreach (var pod in pods)
            foreach (var change in pod.ChangesAfter(since))
                changes.Add((change.Generation, change.Bytes, pod));
        changes.Sort((a, b) => a.Generation.CompareTo(b.Generation));
        var mentioned = new HashSet<ServedPod>();
        var until = changes[0].Generation;
        foreach (var change in changes)
        {
            budget -= change.Bytes + (mentioned.Add(change.Pod) ? change.Pod.MentionBytes : 0);
            if (budget < 0 && change.Generation != changes[0].Generation)
                return until;
            until = change.Generation;
        }
        return generation;
    }

    private static long Cost(IReadOnlyCollection<ServedPod> pods, ulong since)
    {
        long total = 0;
        foreach (var pod in pods)
        {
            var changes = pod.ChangesAfter(since);
            if (changes.Length > 0)
                total += pod.MentionBytes;
            foreach (var change in changes)
                total += change.Bytes;
        }
        return total;
    }
}

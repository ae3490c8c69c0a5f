namespace MicroView.Lab;

/// <summary>`lab pipeline collect` of a profile: an experiment in a folder of its own, everything ended and removed after it, however it ends.</summary>
internal static class CollectRun
{
    public static async Task ExecuteAsync(CollectProfile profile, ulong seed, string folder, TextWriter output, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(profile);
        using var alone = FolderLock.Take(folder);
        using var left = new Leftovers(folder);
        using var watcher = new Watcher(folder, left.Mark);
        using var group = new ProcessGroup(left.Mark);
        await new HotelCollect(profile, seed, Path.GetFullPath(folder), left.MakeFolder(), group, left, line => output.WriteLine($"collect: {line}")).RunAsync(stop);
        output.WriteLine($"collect: CPU seconds: {string.Join(", ", group.CpuSeconds().Select(role => FormattableString.Invariant($"{role.Key} {role.Value:0.0}")))}");
    }
}

namespace MicroView.Lab;

/// <summary>Which systems are measured at the same time.</summary>
internal static class OverheadRounds
{
    // Of one container, each second and core. Some peers take a millisecond for each: with more there would be no core left, and what starves is no measure.
    private const double MostCollections = 200;

    /// <summary>Whether all systems together would need more than this machine has.</summary>
    public static bool IsCrowded(int containers, double ingestion, int cores) => containers / ingestion > MostCollections * cores;

    /// <summary>All side by side; where that is too much, ours side by side, and then each peer by itself.</summary>
    public static IReadOnlyList<OverheadSystem[]> Of(IReadOnlyList<OverheadSystem> systems, OverheadSetting setting, int cores)
    {
        ArgumentNullException.ThrowIfNull(systems);
        ArgumentNullException.ThrowIfNull(setting);
        if (!IsCrowded(setting.Containers, setting.Ingestion, cores))
            return [[.. systems]];
        OverheadSystem[] ours = [.. systems.Where(system => system.IsOurs)];
        return [ours, .. systems.Where(system => !system.IsOurs).Select(peer => (OverheadSystem[])[peer])];
    }
}

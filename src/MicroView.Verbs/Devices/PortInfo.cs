using System.Net;

namespace MicroView.Verbs;

/// <summary>A port as it was when it was queried.</summary>
/// <param name="Port">Its number, from 1.</param>
/// <param name="State">As the kernel says: ACTIVE, DOWN, INIT, …</param>
/// <param name="IsActive">It can carry traffic.</param>
/// <param name="ActiveMtu">What its link allows now; on RoCE it follows the interface's MTU.</param>
/// <param name="MaxMtu">What it could do.</param>
/// <param name="IsEthernet">RoCE; else InfiniBand.</param>
/// <param name="Lid">Local identifier on InfiniBand; 0 on RoCE.</param>
/// <param name="Gids">Its GID table without the empty entries.</param>
public sealed record PortInfo(int Port, string State, bool IsActive, PathMtu ActiveMtu, PathMtu MaxMtu, bool IsEthernet, ushort Lid, IReadOnlyList<GidEntry> Gids)
{
    /// <summary>
    /// The entry to speak from. <paramref name="index"/> given: that one; else the RoCE v2 entry of <paramref name="local"/>,
    /// else any RoCE v2 one of an IPv4 address, any RoCE v2 one, the first.
    /// </summary>
    /// <exception cref="VerbsException">There is no such entry, or none at all; lists those that there are.</exception>
    public GidEntry ChooseGid(int? index, IPAddress? local)
    {
        var chosen = index is { } place
            ? Gids.FirstOrDefault(entry => entry.Index == place)
            : (local is null ? null : RoceV2(entry => entry.Gid == Gid.Of(local))) ?? RoceV2(entry => entry.Gid.IsIPv4) ?? RoceV2(_ => true) ?? (Gids.Count > 0 ? Gids[0] : null);
        return chosen ?? throw Missing(index);
    }

    private GidEntry? RoceV2(Func<GidEntry, bool> matches) => Gids.FirstOrDefault(entry => entry.Type == GidType.RoceV2 && matches(entry));

    private VerbsException Missing(int? index)
    {
        var subject = $"port {Port}";
        var problem = index is { } place ? $"{subject} has no GID at index {place}" : $"{subject} has no GID";
        var remedy = Gids.Count > 0 ? "; it has " + string.Join(", ", Gids) : "; its GID table is empty: bring its interface up and give it an address";
        return new("ibv_query_gid", subject, VerbsValues.ENODATA, problem + remedy);
    }
}

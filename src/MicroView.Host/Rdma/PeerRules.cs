using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Host;

/// <summary>What a queue pair that a collector tells of may be: null, or what is wrong.</summary>
internal static class PeerRules
{
    private const uint Largest24Bits = 0xFFFFFF;

    internal static string? Check(QueuePairEnd? end)
    {
        if (end is null)
            return "the end is null; it must be {qp_num, gid}";
        if (!Gid.TryParse(end.Gid, out _))
            return $"the gid '{(end.Gid.Length <= 50 ? end.Gid : end.Gid[..50] + "…")}' is not one; write it as an IPv6 address, such as ::ffff:10.9.0.2";
        if (end.QpNum is 0 or > Largest24Bits)
            return $"the qp_num {end.QpNum} is not one; it has 24 bits and is not 0";
        if (end.Psn > Largest24Bits)
            return $"the psn {end.Psn} is not one; it has 24 bits";
        if (end.Mtu is not 0 and (< 256 or > 65536))
            return $"the mtu {end.Mtu} is not one; it is 256, 512, 1024, 2048 or 4096";
        if (end.MaxRdAtomic is < 0 or > 255)
            return $"max_rd_atomic is {end.MaxRdAtomic}; it is 1 to 255";
        return end.Lid is < 0 or > ushort.MaxValue ? $"the lid {end.Lid} is not one; it has 16 bits" : null;
    }
}

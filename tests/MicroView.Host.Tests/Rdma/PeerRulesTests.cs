using MicroView.Protocol;

namespace MicroView.Host.Tests;

public sealed class PeerRulesTests
{
    private static readonly QueuePairEnd s_end = new(7, "::ffff:10.9.0.2");

    [Fact]
    public void What_the_artifact_sends_and_what_a_collector_sends_both_pass()
    {
        Assert.Null(PeerRules.Check(s_end));
        Assert.Null(PeerRules.Check(s_end with { Gid = "0000:0000:0000:0000:0000:ffff:0a09:0002", Psn = 0xFFFFFF, Mtu = 4096, MaxRdAtomic = 16, Lid = 65535 }));
        Assert.Null(PeerRules.Check(new(0xFFFFFF, "fe80::1")));
    }

    [Fact]
    public void Each_field_that_cannot_be_meant_is_named()
    {
        Assert.Contains("null", PeerRules.Check(null), StringComparison.Ordinal);
        Assert.Contains("gid 'nonsense'", PeerRules.Check(s_end with { Gid = "nonsense" }), StringComparison.Ordinal);
        Assert.Contains("gid ''", PeerRules.Check(s_end with { Gid = "" }), StringComparison.Ordinal);
        Assert.InRange(PeerRules.Check(s_end with { Gid = new('x', 60_000) })!.Length, 1, 200);
        Assert.Contains("qp_num", PeerRules.Check(s_end with { QpNum = 0 }), StringComparison.Ordinal);
        Assert.Contains("qp_num", PeerRules.Check(s_end with { QpNum = 0x1000000 }), StringComparison.Ordinal);
        Assert.Contains("psn", PeerRules.Check(s_end with { Psn = 0x1000000 }), StringComparison.Ordinal);
        Assert.Contains("mtu", PeerRules.Check(s_end with { Mtu = -1 }), StringComparison.Ordinal);
        Assert.Contains("mtu", PeerRules.Check(s_end with { Mtu = 255 }), StringComparison.Ordinal);
        Assert.Contains("max_rd_atomic", PeerRules.Check(s_end with { MaxRdAtomic = -1 }), StringComparison.Ordinal);
        Assert.Contains("max_rd_atomic", PeerRules.Check(s_end with { MaxRdAtomic = 256 }), StringComparison.Ordinal);
        Assert.Contains("lid", PeerRules.Check(s_end with { Lid = 65536 }), StringComparison.Ordinal);
        Assert.Contains("lid", PeerRules.Check(s_end with { Lid = -1 }), StringComparison.Ordinal);
    }
}

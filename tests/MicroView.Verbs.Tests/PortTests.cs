using System.Net;

namespace MicroView.Verbs.Tests;

public sealed class PortTests
{
    private static readonly GidEntry LinkLocalV1 = Entry(0, "fe80::5054:ff:fe12:3456", GidType.RoceV1), LinkLocal = Entry(1, "fe80::5054:ff:fe12:3456"),
        FirstV1 = Entry(2, "::ffff:10.9.0.1", GidType.RoceV1), First = Entry(3, "::ffff:10.9.0.1"), Second = Entry(5, "::ffff:10.9.0.2"), Wide = Entry(6, "2001:db8::7");

    private static readonly PortInfo Roce = Port(LinkLocalV1, LinkLocal, FirstV1, First, Second, Wide);

    [Fact]
    public void The_GID_of_the_local_address_is_chosen()
    {
        Assert.Same(Second, Roce.ChooseGid(null, IPAddress.Parse("10.9.0.2")));
        Assert.Same(Second, Roce.ChooseGid(null, IPAddress.Parse("::ffff:10.9.0.2")));
        Assert.Same(Wide, Roce.ChooseGid(null, IPAddress.Parse("2001:db8::7")));
        Assert.Same(First, Roce.ChooseGid(null, IPAddress.Parse("10.9.0.1")));
    }

    [Fact]
    public void Without_it_any_RoCE_v2_one_is_with_IPv4_before_the_rest()
    {
        Assert.Same(First, Roce.ChooseGid(null, null));
        Assert.Same(First, Roce.ChooseGid(null, IPAddress.Loopback));
        Assert.Same(LinkLocal, Port(LinkLocalV1, LinkLocal, FirstV1, Wide).ChooseGid(null, null));
        Assert.Same(LinkLocalV1, Port(LinkLocalV1, FirstV1).ChooseGid(null, IPAddress.Parse("10.9.0.1")));
        var infiniBand = Entry(0, "fe80::2", GidType.InfiniBand);
        Assert.Same(infiniBand, Port(infiniBand).ChooseGid(null, IPAddress.Loopback));
    }

    [Fact]
    public void An_index_is_that_of_the_table_with_its_gaps()
    {
        Assert.Same(LinkLocalV1, Roce.ChooseGid(0, IPAddress.Parse("10.9.0.2")));
        Assert.Same(Second, Roce.ChooseGid(5, null));
    }

    [Fact]
    public void An_index_that_is_not_there_lists_those_that_are()
    {
        var error = Assert.Throws<VerbsException>(() => Port(First, LinkLocalV1).ChooseGid(4, null));
        Assert.Equal("port 1 has no GID at index 4; it has 3: 0000:0000:0000:0000:0000:ffff:0a09:0001 RoCE v2 eth0, 0: fe80:0000:0000:0000:5054:00ff:fe12:3456 RoCE v1 eth0", error.Message);
    }

    [Fact]
    public void A_port_without_GIDs_says_what_to_do() =>
        Assert.EndsWith("its GID table is empty: bring its interface up and give it an address", Assert.Throws<VerbsException>(() => Port().ChooseGid(null, null)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(0, PathMtu.Mtu256)]
    [InlineData(256, PathMtu.Mtu256)]
    [InlineData(1023, PathMtu.Mtu512)]
    [InlineData(1024, PathMtu.Mtu1024)]
    [InlineData(1500, PathMtu.Mtu1024)]
    [InlineData(4096, PathMtu.Mtu4096)]
    [InlineData(9000, PathMtu.Mtu4096)]
    public void A_path_MTU_is_what_the_bytes_allow(int bytes, PathMtu mtu) => Assert.Equal(mtu, PathMtuBytes.From(bytes));

    [Fact]
    public void Path_MTUs_are_powers_of_two_from_256_on()
    {
        Assert.Equal([256, 512, 1024, 2048, 4096], Enum.GetValues<PathMtu>().Select(mtu => mtu.ToBytes()));
        Assert.All(Enum.GetValues<PathMtu>(), mtu => Assert.Equal(mtu, PathMtuBytes.From(mtu.ToBytes())));
    }

    private static GidEntry Entry(int index, string gid, GidType type = GidType.RoceV2) =>
        new(index, Gid.TryParse(gid, out var parsed) ? parsed : throw new ArgumentException(gid), type, "eth0");

    private static PortInfo Port(params GidEntry[] gids) => new(1, "ACTIVE", true, PathMtu.Mtu1024, PathMtu.Mtu4096, true, 0, gids);
}

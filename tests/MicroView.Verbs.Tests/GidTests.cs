using System.Net;
using CsCheck;

namespace MicroView.Verbs.Tests;

public sealed class GidTests
{
    private static readonly Gen<Gid> AnyGid = Gen.Select(Gen.ULong, Gen.ULong, (high, low) => new Gid(new UInt128(high, low)));

    // Zeros are what the short forms of an address leave out.
    private static readonly Gen<Gid> SparseGid = Gen.Select(AnyGid, Gen.Byte, (gid, kept) =>
        new Gid(Enumerable.Range(0, 8).Where(group => (kept >> group & 1) != 0).Aggregate(UInt128.Zero, (bits, group) => bits | gid.Bits & (UInt128)0xFFFF << group * 16)));

    [Fact]
    public void Its_text_is_eight_groups_of_four_digits() =>
        SparseGid.Sample(gid => Assert.Matches("^([0-9a-f]{4}:){7}[0-9a-f]{4}$", gid.ToString()));

    [Fact]
    public void What_it_prints_it_reads() =>
        SparseGid.Sample(gid => Gid.TryParse(gid.ToString(), out var again) && again == gid);

    [Fact]
    public void It_reads_the_short_forms_of_an_address() => SparseGid.Sample(gid =>
    {
        var bytes = new byte[16];
        gid.WriteTo(bytes);
        return Gid.TryParse(new IPAddress(bytes).ToString(), out var again) && again == gid;
    });

    [Theory]
    [InlineData("::ffff:10.9.0.1", "0000:0000:0000:0000:0000:ffff:0a09:0001")]
    [InlineData("::ffff:a09:1", "0000:0000:0000:0000:0000:ffff:0a09:0001")]
    [InlineData("FE80::5054:FF:FE12:3456", "fe80:0000:0000:0000:5054:00ff:fe12:3456")]
    [InlineData("0:0:0:0:0:0:0:1", "0000:0000:0000:0000:0000:0000:0000:0001")]
    public void Any_text_of_an_IPv6_address_parses(string text, string whole)
    {
        Assert.True(Gid.TryParse(text, out var gid));
        Assert.Equal(whole, gid.ToString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("10.9.0.1")]
    [InlineData("fe80::1%eth0")]
    [InlineData("[::1]")]
    [InlineData("[::1]:80")]
    [InlineData("::1/64")]
    [InlineData("0000:0000:0000:0000:0000:ffff:0a09")]
    [InlineData("0000:0000:0000:0000:0000:ffff:0a09:0001:0002")]
    [InlineData("g::1")]
    public void Anything_else_does_not(string? text)
    {
        Assert.False(Gid.TryParse(text, out var gid));
        Assert.Equal(default, gid);
    }

    [Fact]
    public void Its_first_byte_is_the_most_significant()
    {
        Assert.True(Gid.TryParse("102:304:506:708:90a:b0c:d0e:f10", out var gid));
        var bytes = new byte[16];
        gid.WriteTo(bytes);
        Assert.Equal(Enumerable.Range(1, 16).Select(i => (byte)i), bytes);
        Assert.Equal(gid, Gid.Of(bytes));
        Assert.Equal(0x0102030405060708ul, gid.SubnetPrefix);
    }

    [Fact]
    public void An_IPv4_address_has_the_same_GID_however_a_socket_says_it()
    {
        var address = IPAddress.Parse("10.9.0.1");
        var gid = Gid.Of(address);
        Assert.Equal("0000:0000:0000:0000:0000:ffff:0a09:0001", gid.ToString());
        Assert.Equal(gid, Gid.Of(address.MapToIPv6()));
        Assert.True(gid.IsIPv4);
        Assert.False(Gid.Of(IPAddress.Parse("fe80::1")).IsIPv4);
        Assert.False(Gid.Of(IPAddress.Parse("::10.9.0.1")).IsIPv4);
        Assert.Equal(Gid.Of(IPAddress.Parse("fe80::1")), Gid.Of(IPAddress.Parse("fe80::1%3")));
    }
}

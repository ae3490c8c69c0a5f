using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace MicroView.Verbs;

/// <summary>A 128-bit port address. On RoCE v2 it is the interface's IPv6 address, or its IPv4 address as ::ffff:a.b.c.d.</summary>
/// <param name="Bits">Its 128 bits, the first byte most significant.</param>
public readonly record struct Gid(UInt128 Bits)
{
    /// <summary>Reads any text of an IPv6 address, without zone, brackets or port.</summary>
    public static bool TryParse(string? text, out Gid gid)
    {
        gid = default;
        // The framework also takes [::1]:80 and fe80::1%eth0, and "1" for 0.0.0.1.
        if (text is null || text.AsSpan().IndexOfAny("[%/") >= 0 || !IPAddress.TryParse(text, out var address) || address.AddressFamily != AddressFamily.InterNetworkV6)
            return false;
        gid = Of(address);
        return true;
    }

    /// <summary>The GID that an interface with this address has on RoCE v2.</summary>
    public static Gid Of(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.MapToIPv6().TryWriteBytes(bytes, out _);
        return Of(bytes);
    }

    /// <summary>True for ::ffff:a.b.c.d.</summary>
    public bool IsIPv4 => Bits >> 32 == 0xFFFF;

    /// <summary>Eight groups of four hexadecimal digits, such as 0000:0000:0000:0000:0000:ffff:0a09:0001: the form that every peer reads.</summary>
    public override string ToString() => string.Create(39, Bits, static (text, bits) =>
    {
        for (var group = 0; group < 8; group++)
        {
            ((ushort)(bits >> (112 - group * 16))).TryFormat(text[(group * 5)..], out _, "x4", CultureInfo.InvariantCulture);
            if (group < 7)
                text[group * 5 + 4] = ':';
        }
    });

    internal ulong SubnetPrefix => (ulong)(Bits >> 64);

    internal static Gid Of(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128BigEndian(bytes));

    internal void WriteTo(Span<byte> bytes) => BinaryPrimitives.WriteUInt128BigEndian(bytes, Bits);
}

/// <summary>What a GID's packets look like.</summary>
public enum GidType
{
    /// <summary>InfiniBand.</summary>
    InfiniBand = 0,

    /// <summary>Ethernet frames of their own type: not routed.</summary>
    RoceV1 = 1,

    /// <summary>UDP over IP.</summary>
    RoceV2 = 2,
}

/// <summary>An entry of a port's GID table.</summary>
/// <param name="Index">Its place, which a queue pair names as its source.</param>
/// <param name="Gid">The address.</param>
/// <param name="Type">Its packets.</param>
/// <param name="Interface">The network interface it belongs to; null on InfiniBand, or when it is in another network namespace.</param>
public sealed record GidEntry(int Index, Gid Gid, GidType Type, string? Interface)
{
    /// <summary>For messages: index, address, type and interface.</summary>
    public override string ToString()
    {
        var type = Type switch { GidType.InfiniBand => "IB", GidType.RoceV1 => "RoCE v1", _ => "RoCE v2" };
        return $"{Index}: {Gid} {type}{(Interface is null ? "" : " " + Interface)}";
    }
}

using System.Buffers.Binary;

namespace MicroView.Protocol.Tests;

/// <summary>
/// An object's image, made byte by byte as docs/page-format.md says and with nothing of the code under test: a batch object of one stripe.
/// </summary>
internal sealed class HandMadeImage
{
    public const ulong Epoch = 0xE0E0_1234_5678_9ABD;

    public HandMadeImage(int rowSlots)
    {
        RowSlots = rowSlots;
        Bytes = new byte[64 + Lines * 64 + 64];
        "MVPAGES\0"u8.CopyTo(Bytes);
        Set(8, 1);
        Set(16, Epoch);
        Set(24, 5); // generation
        Set(48, 1); // heartbeat
    }

    public byte[] Bytes { get; }
    public int RowSlots { get; }
    public int Stamp => 64 + Lines * 64;

    private int Lines => (RowSlots + 7) / 8;

    public void Set(int offset, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Bytes.AsSpan(offset), value);

    /// <summary>A whole row: header, slots and stamp say the same.</summary>
    public HandMadeImage Write(ulong sequence, ulong timeNs, params double[] values)
    {
        Set(32, sequence);
        Set(40, timeNs);
        for (var slot = 0; slot < values.Length; slot++)
            BinaryPrimitives.WriteDoubleLittleEndian(Bytes.AsSpan(64 + slot * 8), values[slot]);
        Set(Stamp, sequence);
        Set(Stamp + 8, timeNs);
        Set(Stamp + 16, Check(sequence, timeNs));
        return this;
    }

    /// <summary>CRC-32C bit by bit, from its definition.</summary>
    private uint Check(ulong sequence, ulong timeNs)
    {
        var input = new byte[16 + RowSlots * 8];
        BinaryPrimitives.WriteUInt64LittleEndian(input, sequence);
        BinaryPrimitives.WriteUInt64LittleEndian(input.AsSpan(8), timeNs);
        Bytes.AsSpan(64, RowSlots * 8).CopyTo(input.AsSpan(16));
        var rest = uint.MaxValue;
        foreach (var item in input)
        {
            rest ^= item;
            for (var bit = 0; bit < 8; bit++)
                rest = (rest >> 1) ^ ((rest & 1) * 0x82F6_3B78);
        }
        return ~rest;
    }
}

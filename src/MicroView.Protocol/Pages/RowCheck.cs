using System.Numerics;
using System.Runtime.InteropServices;

namespace MicroView.Protocol;

/// <summary>
/// The check of a stamped row: CRC-32C over its sequence, its time and its slots. Equal sequences show that a copy made in rising order of
/// addresses is whole; the check shows it in whatever order a device made it.
/// </summary>
internal static class RowCheck
{
    internal static ulong Of(ulong sequence, ulong timeNs, ReadOnlySpan<byte> slots)
    {
        var check = BitOperations.Crc32C(BitOperations.Crc32C(uint.MaxValue, sequence), timeNs);
        foreach (var slot in MemoryMarshal.Cast<byte, ulong>(slots))
            check = BitOperations.Crc32C(check, slot);
        return ~check;
    }
}

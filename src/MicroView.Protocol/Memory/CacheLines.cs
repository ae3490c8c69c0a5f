using System.Runtime.Intrinsics.X86;

namespace MicroView.Protocol;

/// <summary>Cache lines that are fetched before they are needed. Thread-safe.</summary>
public static unsafe class CacheLines
{
    private const nint CountMask = 63;

    /// <summary>Whether this machine has an instruction for it that .NET can emit; without, <see cref="Prefetch"/> does nothing.</summary>
    public static bool CanPrefetch => Sse.IsSupported;

    /// <summary>How many lines a range has.</summary>
    public static int In(nint range) => (int)(range & CountMask);

    /// <summary>Asks for lines and does not wait. An address that is mapped no longer is no fault.</summary>
    /// <param name="ranges">The address of a range's first line, and in its low six bits how many lines.</param>
    public static void Prefetch(ReadOnlySpan<nint> ranges)
    {
        if (!Sse.IsSupported)
            return;
        foreach (var range in ranges)
        {
            var line = (byte*)(range & ~CountMask);
            for (var left = In(range); left > 0; left--, line += CountMask + 1)
                Sse.Prefetch0(line);
        }
    }
}

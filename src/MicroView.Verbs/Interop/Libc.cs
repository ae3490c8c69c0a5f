using System.Runtime.InteropServices;

namespace MicroView.Verbs;

/// <summary>What a completion channel and a registration need of the C library. Calls return -1 and set errno unless noted.</summary>
internal static unsafe partial class Libc
{
    private const string Library = "libc";

    /// <summary>Room for the name of a network interface, its final zero included.</summary>
    internal const int InterfaceNameSize = 16;

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int fcntl(int file, int command, int argument);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int poll(PollEntry* files, nuint count, int timeoutMilliseconds);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial int getrlimit(int resource, ResourceLimit* limit);

    /// <summary>Null with errno where there is no such interface in this network namespace.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial byte* if_indextoname(uint index, byte* name);
}

/// <summary>struct pollfd.</summary>
[StructLayout(LayoutKind.Explicit, Size = 8)]
internal struct PollEntry
{
    [FieldOffset(0)] internal int fd;
    [FieldOffset(4)] internal short events;
    [FieldOffset(6)] internal short revents;
}

/// <summary>struct rlimit.</summary>
[StructLayout(LayoutKind.Explicit, Size = 16)]
internal struct ResourceLimit
{
    [FieldOffset(0)] internal ulong rlim_cur;
    [FieldOffset(8)] internal ulong rlim_max;
}

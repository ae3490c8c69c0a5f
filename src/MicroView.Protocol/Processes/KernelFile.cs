using System.Runtime.InteropServices;

namespace MicroView.Protocol;

/// <summary>
/// Files of /proc and /sys, which the kernel writes as they are read: plain descriptors, no allocation, no exception. Every call
/// answers a negative errno when it fails. Paths are UTF-8 and end in a zero byte.
/// </summary>
public static unsafe class KernelFile
{
    /// <summary>No such file: the process or the cgroup is gone.</summary>
    public const int NoEntry = -2;

    /// <summary>The process behind an open file is gone.</summary>
    public const int NoProcess = -3;

    /// <summary>The cgroup behind an open file is gone.</summary>
    public const int NoDevice = -19;

    /// <summary>The path is malformed: it lacks its zero byte.</summary>
    public const int Malformed = -22;

    /// <summary>Opens a file or a directory for reading: a descriptor, or a negative errno.</summary>
    public static int Open(ReadOnlySpan<byte> path)
    {
        if (!IsTerminated(path))
            return Malformed;
        fixed (byte* start = path)
            return Answer(Libc.open(start, Libc.O_RDONLY | Libc.O_CLOEXEC, 0));
    }

    /// <summary>Reads the file from its start. A kernel file is made anew by each such read.</summary>
    public static int Read(int file, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            nint read;
            do
                read = Libc.pread(file, start, (nuint)buffer.Length, 0);
            while (read < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR);
            return Answer((int)read);
        }
    }

    /// <summary>Opens, reads once and closes.</summary>
    public static int ReadOnce(ReadOnlySpan<byte> path, Span<byte> buffer)
    {
        var file = Open(path);
        if (file < 0)
            return file;
        var read = Read(file, buffer);
        Close(file);
        return read;
    }

    /// <summary>Closes a descriptor that <see cref="Open"/> gave.</summary>
    public static void Close(int file) => _ = Libc.close(file);

    /// <summary>Reads where a symbolic link points; not terminated.</summary>
    public static int ReadLink(ReadOnlySpan<byte> path, Span<byte> buffer)
    {
        if (!IsTerminated(path))
            return Malformed;
        fixed (byte* start = path, target = buffer)
            return Answer((int)Libc.readlink(start, target, (nuint)buffer.Length));
    }

    /// <summary>Size in bytes (of /proc/PID/fd: how many are open, from Linux 6.2) and number of links (of a directory: 2 and one per subdirectory).</summary>
    public static int Status(ReadOnlySpan<byte> path, out long size, out int links)
    {
        size = links = 0;
        if (!IsTerminated(path))
            return Malformed;
        ExtendedStatus status;
        fixed (byte* start = path)
        {
            var answer = Answer(Libc.statx(Libc.AT_FDCWD, start, 0, Libc.STATX_SIZE | Libc.STATX_NLINK, &status));
            if (answer < 0)
                return answer;
        }
        size = (long)status.Size;
        links = (int)status.Links;
        return 0;
    }

    /// <summary>The next entries of an open directory, for <see cref="DirectoryEntries"/>; 0 at its end.</summary>
    public static int ReadEntries(int directory, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
            return Answer((int)Libc.getdents64(directory, start, (nuint)buffer.Length));
    }

    private static bool IsTerminated(ReadOnlySpan<byte> path) => path.Length > 1 && path[^1] == 0;

    private static int Answer(int result) => result >= 0 ? result : -Marshal.GetLastPInvokeError();
}

/// <summary>Walks what <see cref="KernelFile.ReadEntries"/> read: struct linux_dirent64, one after another.</summary>
public ref struct DirectoryEntries(ReadOnlySpan<byte> entries)
{
    private const int NameOffset = 19, TypeOffset = 18, LengthOffset = 16, Directory = 4;
    private ReadOnlySpan<byte> _rest = entries;

    /// <summary>Name of the current entry.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>True when the current entry is a directory, as far as the file system tells.</summary>
    public bool IsDirectory { get; private set; }

    /// <summary>Steps to the next entry; false at the end, or where the buffer makes no sense.</summary>
    public bool Next()
    {
        if (_rest.Length <= NameOffset)
            return false;
        var length = MemoryMarshal.Read<ushort>(_rest[LengthOffset..]);
        if (length <= NameOffset || length > _rest.Length)
            return false;
        var name = _rest[NameOffset..length];
        var end = name.IndexOf((byte)0);
        Name = end < 0 ? name : name[..end];
        IsDirectory = _rest[TypeOffset] == Directory;
        _rest = _rest[length..];
        return true;
    }
}

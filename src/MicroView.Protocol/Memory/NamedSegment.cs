using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroView.Protocol;

/// <summary>
/// A REST pod's named POSIX shared memory. It cannot be sealed, so nothing here maps it: a truncated mapping would raise
/// SIGBUS. The agent keeps it open for reading only and opens it for writing in passing: then a read lease tells whether
/// any client still has it open or mapped for writing. Thread-safe, except that a probe and a write must not overlap.
/// </summary>
public sealed class NamedSegment : IDisposable
{
    private NamedSegment(string name, SafeFileHandle file) => (Name, File) = (name, file);

    /// <summary>The name that clients pass to shm_open, without the leading slash.</summary>
    public string Name { get; }

    /// <summary>The open file, for reading only; may be handed to readers.</summary>
    public SafeFileHandle File { get; }

    private string Subject => $"/dev/shm/{Name}";

    /// <summary>Creates a segment; fails with EEXIST when the name is taken.</summary>
    /// <param name="name">Without the leading slash.</param>
    /// <param name="capacity">Bytes, sparse.</param>
    /// <param name="mode">0600, or 0660 with a group.</param>
    /// <param name="group">Group id that owns it, or -1.</param>
    /// <exception cref="SystemCallException">The kernel refused.</exception>
    public static NamedSegment Create(string name, int capacity, uint mode = 0x180, int group = -1)
    {
        var subject = $"/dev/shm/{name}";
        const int flags = Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL | Libc.O_CLOEXEC;
        var fd = SystemCallException.Check(Libc.shm_open("/" + name, flags, mode), "shm_open", subject);
        using var writer = new SafeFileHandle(fd, ownsHandle: true);
        try
        {
            SystemCallException.Check(Libc.fchmod(fd, mode), "fchmod", subject); // the umask may have taken bits away
            if (group >= 0)
                SystemCallException.Check(Libc.fchown(fd, uint.MaxValue, (uint)group), "fchown", subject);
            SystemCallException.Check(Libc.ftruncate(fd, capacity), "ftruncate", subject);
            return new(name, MemoryFile.ReopenReadOnly(writer));
        }
        catch
        {
            _ = Libc.shm_unlink("/" + name);
            throw;
        }
    }

    /// <summary>Opens a segment that an earlier agent left.</summary>
    /// <exception cref="SystemCallException">There is none, or it is another user's.</exception>
    public static NamedSegment Open(string name)
    {
        var fd = Libc.shm_open("/" + name, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        return new(name, new(SystemCallException.Check(fd, "shm_open", $"/dev/shm/{name}"), ownsHandle: true));
    }

    /// <summary>Opens the segment for writing; dispose it soon, since it counts as a writer to <see cref="HasWriters"/>.</summary>
    /// <exception cref="SystemCallException">The kernel refused.</exception>
    public SafeFileHandle OpenWriter()
    {
        var path = $"/proc/self/fd/{File.DangerousGetHandle()}";
        return new(SystemCallException.Check(Libc.open(path, Libc.O_RDWR | Libc.O_CLOEXEC, 0), "open", Subject), ownsHandle: true);
    }

    /// <summary>
    /// Maps the segment for writing while <paramref name="use"/> runs: for a device that registers it, and keeps the pages. Nothing may read or
    /// write there, since its client may truncate it; the mapping counts as a writer to <see cref="HasWriters"/> until it is gone.
    /// </summary>
    /// <exception cref="SystemCallException">The kernel refused.</exception>
    public T WithMapping<T>(int length, Func<nint, T> use)
    {
        using var writer = OpenWriter();
        using var mapping = Mapping.Create(writer, length, writable: true, Subject);
        return use(mapping.DangerousGetHandle());
    }

    /// <summary>Tells whether any process has the segment open or mapped for writing. True, too, when the kernel will not say.</summary>
    public bool HasWriters()
    {
        var fd = (int)File.DangerousGetHandle();
        if (Libc.fcntl(fd, Libc.F_SETLEASE, Libc.F_RDLCK) != 0)
            return true;
        _ = Libc.fcntl(fd, Libc.F_SETLEASE, Libc.F_UNLCK);
        return false;
    }

    /// <summary>Current size in bytes, or -1: a client may have truncated it.</summary>
    public long Size => MemoryFile.Size(File);

    /// <summary>Removes the name; whoever maps it keeps it.</summary>
    public void Unlink() => _ = Libc.shm_unlink("/" + Name);

    /// <summary>Closes the file; the name stays.</summary>
    public void Dispose() => File.Dispose();
}

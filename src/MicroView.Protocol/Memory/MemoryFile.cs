using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroView.Protocol;

/// <summary>Files in memory: sealed memfds of clients, and the checks an agent makes before it trusts one.</summary>
public static unsafe class MemoryFile
{
    private const int RequiredSeals = Libc.F_SEAL_SHRINK | Libc.F_SEAL_GROW | Libc.F_SEAL_SEAL;
    private const int MaxName = 60; // the kernel takes 249 bytes, a pod id may be longer; it is for people to read only

    /// <summary>Creates a memfd of <paramref name="capacity"/> bytes (sparse), mode 0600, sealed SHRINK|GROW|SEAL.</summary>
    /// <exception cref="SystemCallException">The kernel refused.</exception>
    public static SafeFileHandle CreateSealed(string name, int capacity)
    {
        var subject = $"memfd '{name}'";
        var fd = SystemCallException.Check(Libc.memfd_create(name.Length <= MaxName ? name : name[..MaxName], Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING), "memfd_create", subject);
        var file = new SafeFileHandle(fd, ownsHandle: true);
        try
        {
            SystemCallException.Check(Libc.fchmod(fd, 0x180), "fchmod", subject); // 0600: /proc/PID/fd must not open it to others
            SystemCallException.Check(Libc.ftruncate(fd, capacity), "ftruncate", subject);
            SystemCallException.Check(Libc.fcntl(fd, Libc.F_ADD_SEALS, RequiredSeals), "fcntl(F_ADD_SEALS)", subject);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Tells whether a descriptor that a peer passed can be mapped without fear: on tmpfs, exactly the seals
    /// SHRINK|GROW|SEAL (and EXEC, which a kernel with vm.memfd_noexec adds by itself), exactly <paramref name="capacity"/> bytes.
    /// </summary>
    public static bool IsTrustworthy(SafeFileHandle file, int capacity, out string problem)
    {
        problem = "";
        var held = false;
        try
        {
            file.DangerousAddRef(ref held);
            var fd = (int)file.DangerousGetHandle();
            FileSystemStatus status;
            if (Libc.fstatfs(fd, &status) != 0 || status.Type != Libc.TMPFS_MAGIC)
                problem = "the descriptor is not on tmpfs: pass a memfd";
            else if (Libc.fcntl(fd, Libc.F_GET_SEALS, 0) is var seals && (seals & ~Libc.F_SEAL_EXEC) != RequiredSeals)
                problem = seals < 0 ? "the descriptor takes no seals: create it with MFD_ALLOW_SEALING" : $"the seals are 0x{seals:x}; they must be exactly SHRINK|GROW|SEAL (0x{RequiredSeals:x})";
            else if (Libc.lseek(fd, 0, 2) is var size && size != capacity)
                problem = $"the object's size is {size} bytes, but {capacity} were announced";
            return problem.Length == 0;
        }
        catch (ObjectDisposedException)
        {
            problem = "the descriptor is closed";
            return false;
        }
        finally
        {
            if (held)
                file.DangerousRelease();
        }
    }

    /// <summary>Opens the same file again, for reading only: what a reader of another uid is handed.</summary>
    /// <exception cref="SystemCallException">The kernel refused.</exception>
    public static SafeFileHandle ReopenReadOnly(SafeFileHandle file)
    {
        var held = false;
        try
        {
            file.DangerousAddRef(ref held);
            var path = $"/proc/self/fd/{file.DangerousGetHandle()}";
            return new(SystemCallException.Check(Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0), "open", path), ownsHandle: true);
        }
        finally
        {
            if (held)
                file.DangerousRelease();
        }
    }

    /// <summary>Reads up to <paramref name="buffer"/>.Length bytes at <paramref name="offset"/>; fewer at the end of the file, -1 on an error.</summary>
    public static int ReadAt(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        var held = false;
        try
        {
            file.DangerousAddRef(ref held);
            fixed (byte* start = buffer)
            {
                nint read;
                do
                    read = Libc.pread((int)file.DangerousGetHandle(), start, (nuint)buffer.Length, offset);
                while (read < 0 && Marshal.GetLastPInvokeError() == Libc.EINTR);
                return (int)read;
            }
        }
        catch (ObjectDisposedException)
        {
            return -1;
        }
        finally
        {
            if (held)
                file.DangerousRelease();
        }
    }

    /// <summary>Writes eight bytes at <paramref name="offset"/> by one call; false on an error. Never extends past what the caller checked.</summary>
    public static bool WriteAt(SafeFileHandle file, long offset, ulong bits)
    {
        var held = false;
        try
        {
            file.DangerousAddRef(ref held);
            return Libc.pwrite((int)file.DangerousGetHandle(), &bits, sizeof(ulong), offset) == sizeof(ulong);
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
        finally
        {
            if (held)
                file.DangerousRelease();
        }
    }

    /// <summary>Current size in bytes, or -1.</summary>
    public static long Size(SafeFileHandle file) => file.IsClosed ? -1 : Libc.lseek((int)file.DangerousGetHandle(), 0, 2);
}

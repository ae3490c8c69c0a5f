using Microsoft.Win32.SafeHandles;

namespace MicroView.Protocol;

/// <summary>
/// An eventfd: lets one thread wait for another thread's word, until a time that is exact to some 50 µs, and for a connection besides. Thread-safe.
/// </summary>
public sealed unsafe class WakeSignal : IDisposable
{
    private readonly SafeFileHandle _file;

    /// <summary>Creates a signal that is not set.</summary>
    /// <exception cref="SystemCallException">The kernel refused.</exception>
    public WakeSignal() =>
        _file = new(SystemCallException.Check(Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK), "eventfd", "a wake signal"), ownsHandle: true);

    /// <summary>Wakes the waiter, now or at its next wait; harmless after dispose.</summary>
    public void Set()
    {
        if (!TryHold(out var fd))
            return;
        ulong one = 1;
        _ = Libc.write(fd, &one, sizeof(ulong));
        _file.DangerousRelease();
    }

    /// <summary>Waits until the signal is set, which resets it, or the time is over. Wakes once: the runtime's own waits are in whole milliseconds.</summary>
    /// <param name="nanoseconds">How long; 0 or less: only looks.</param>
    /// <returns>True when it was set.</returns>
    public bool Wait(long nanoseconds) => Wait(nanoseconds, null);

    /// <summary>The same, or until another file is readable, which is left as it is.</summary>
    /// <param name="nanoseconds">How long; 0 or less: only looks.</param>
    /// <param name="other">The file, which the caller keeps open; null: none.</param>
    internal bool Wait(long nanoseconds, SafeFileHandle? other)
    {
        if (!TryHold(out var fd))
            return true;
        var time = new TimeSpec { Seconds = Math.Max(nanoseconds, 0) / 1_000_000_000, Nanoseconds = Math.Max(nanoseconds, 0) % 1_000_000_000 };
        var entries = stackalloc PollEntry[2];
        entries[0] = new() { File = fd, Events = Libc.POLLIN };
        entries[1] = new() { File = other is null ? -1 : (int)other.DangerousGetHandle(), Events = Libc.POLLIN };
        ulong count;
        var isSet = Libc.ppoll(entries, other is null ? 1u : 2u, &time, null) > 0 && (Libc.read(fd, &count, sizeof(ulong)) > 0 || entries[1].Returned != 0);
        _file.DangerousRelease();
        return isSet;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    /// <summary>Waits until the socket is readable (or at its end), or the signal is set, which resets it.</summary>
    /// <returns>True when the socket is readable.</returns>
    internal bool Wait(int socket, int timeoutMilliseconds)
    {
        if (!TryHold(out var fd))
            return false;
        var entries = stackalloc PollEntry[2];
        entries[0] = new() { File = socket, Events = Libc.POLLIN };
        entries[1] = new() { File = fd, Events = Libc.POLLIN };
        var ready = Libc.poll(entries, 2, timeoutMilliseconds);
        ulong count;
        if (ready > 0 && entries[1].Returned != 0)
            _ = Libc.read(fd, &count, sizeof(ulong));
        _file.DangerousRelease();
        return ready > 0 && entries[0].Returned != 0;
    }

    private bool TryHold(out int fd)
    {
        var held = false;
        try
        {
            _file.DangerousAddRef(ref held);
        }
        catch (ObjectDisposedException)
        {
            held = false;
        }
        fd = held ? (int)_file.DangerousGetHandle() : -1;
        return held;
    }
}

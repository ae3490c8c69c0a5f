using System.Runtime.InteropServices;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace MicroView.Protocol;

/// <summary>
/// Tells which of many processes have exited: the kernel keeps the list (epoll), so that asking costs one call however many there are. A handle must have left
/// before it is closed. Thread-safe; nothing is called inside its lock but the kernel.
/// </summary>
public sealed unsafe class ProcessExits : IDisposable
{
    private const int AtOnce = 64;
    // struct epoll_event is packed on x86-64 alone.
    private static readonly int s_size = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private readonly object _gate = new();
    private readonly Dictionary<int, ProcessHandle> _handles = [];
    private readonly SafeFileHandle _file;

    /// <summary>Creates an empty list.</summary>
    /// <exception cref="SystemCallException">The kernel refused.</exception>
    public ProcessExits() =>
        _file = new(SystemCallException.Check(Libc.epoll_create1(Libc.EPOLL_CLOEXEC), "epoll_create1", "a list of processes"), ownsHandle: true);

    /// <summary>Readable while one that has exited is in the list.</summary>
    internal SafeFileHandle File => _file;

    /// <summary>Adds a process, once.</summary>
    public void Add(ProcessHandle process)
    {
        ArgumentNullException.ThrowIfNull(process);
        lock (_gate)
            if (_handles.TryAdd(process.File, process))
                Control(Libc.EPOLL_CTL_ADD, process.File);
    }

    /// <summary>Takes a process off: its handle may be closed.</summary>
    public void Remove(ProcessHandle process)
    {
        ArgumentNullException.ThrowIfNull(process);
        lock (_gate)
            if (_handles.Remove(process.File))
                Control(Libc.EPOLL_CTL_DEL, process.File);
    }

    /// <summary>Some of those that have exited, and all of them when each is taken off before the next call.</summary>
    public IReadOnlyList<ProcessHandle> Exited()
    {
        var events = stackalloc byte[AtOnce * 16];
        lock (_gate)
        {
            if (_file.IsClosed)
                return [];
            var count = Libc.epoll_wait((int)_file.DangerousGetHandle(), events, AtOnce, 0);
            if (count <= 0)
                return [];
            var exited = new List<ProcessHandle>(count);
            for (var i = 0; i < count; i++)
                if (_handles.TryGetValue(*(int*)(events + i * s_size + s_size - sizeof(long)), out var process))
                    exited.Add(process);
            return exited;
        }
    }

    /// <summary>Gives the kernel's list back.</summary>
    public void Dispose()
    {
        lock (_gate)
            _file.Dispose();
    }

    /// <summary>Of a process that cannot be added, the end of its connection tells alone.</summary>
    private void Control(int operation, int process)
    {
        if (_file.IsClosed)
            return;
        var entry = stackalloc byte[16];
        *(uint*)entry = (uint)Libc.POLLIN;
        *(long*)(entry + s_size - sizeof(long)) = process;
        _ = Libc.epoll_ctl((int)_file.DangerousGetHandle(), operation, process, entry);
    }
}

using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroView.Protocol;

/// <summary>Who opened a Unix socket connection, as the kernel recorded it at connect.</summary>
/// <param name="ProcessId">Process id, in the agent's pid namespace (0: not visible there).</param>
/// <param name="UserId">Effective user id.</param>
/// <param name="GroupId">Effective group id.</param>
public readonly record struct PeerCredentials(int ProcessId, uint UserId, uint GroupId)
{
    /// <summary>Reads SO_PEERCRED.</summary>
    /// <exception cref="SystemCallException">The kernel refused.</exception>
    public static unsafe PeerCredentials Of(Socket socket)
    {
        var credentials = stackalloc uint[3];
        uint length = 12;
        SystemCallException.Check(
            Libc.getsockopt((int)socket.Handle, Libc.SOL_SOCKET, Libc.SO_PEERCRED, credentials, &length), "getsockopt(SO_PEERCRED)", "a peer's connection");
        return new((int)credentials[0], credentials[1], credentials[2]);
    }

    /// <summary>This process's own.</summary>
    public static PeerCredentials Own => new(Environment.ProcessId, Libc.geteuid(), Libc.getegid());
}

/// <summary>A pidfd: tells when the process that opened a connection has exited, whoever inherited the connection.</summary>
public sealed unsafe class ProcessHandle : IDisposable
{
    private const long PidfdOpen = 434;
    private readonly SafeFileHandle _file;

    private ProcessHandle(SafeFileHandle file) => _file = file;

    /// <summary>Takes the peer's pidfd (SO_PEERPIDFD, Linux 6.5), else opens one by pid; null where neither works.</summary>
    public static ProcessHandle? OfPeer(Socket socket)
    {
        var fd = -1;
        uint length = sizeof(int);
        if (Libc.getsockopt((int)socket.Handle, Libc.SOL_SOCKET, Libc.SO_PEERPIDFD, &fd, &length) == 0 && fd >= 0)
            return new(new(fd, ownsHandle: true));
        return Open(PeerCredentials.Of(socket).ProcessId);
    }

    /// <summary>Opens a process by id; null when there is none or the kernel has no pidfds.</summary>
    public static ProcessHandle? Open(int processId)
    {
        if (processId <= 0)
            return null;
        var fd = Libc.syscall(PidfdOpen, processId, 0); // close-on-exec by definition
        return fd < 0 ? null : new(new((nint)fd, ownsHandle: true));
    }

    /// <summary>The descriptor, for who keeps this alive.</summary>
    internal int File => (int)_file.DangerousGetHandle();

    /// <summary>Closes the pidfd.</summary>
    public void Dispose() => _file.Dispose();
}

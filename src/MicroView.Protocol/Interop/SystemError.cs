using System.Runtime.InteropServices;

namespace MicroView.Protocol;

/// <summary>A system call failed: which one, on what, and why.</summary>
public sealed class SystemCallException : IOException
{
    /// <summary>The call's errno.</summary>
    public int Errno { get; }

    /// <summary>Creates the exception for <paramref name="call"/> on <paramref name="subject"/>.</summary>
    public SystemCallException(string call, string subject, int errno)
        : base($"{call} failed on {subject}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})") => Errno = errno;

    /// <summary>EPERM or EACCES.</summary>
    public bool IsDenied => Errno is 1 or 13;

    internal static int Check(int result, string call, string subject) =>
        result >= 0 ? result : throw new SystemCallException(call, subject, Marshal.GetLastPInvokeError());
}

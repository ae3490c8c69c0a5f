using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace MicroView.Protocol;

/// <summary>sendmsg and recvmsg with SCM_RIGHTS on a non-blocking socket: what the socket class lacks.</summary>
internal sealed unsafe class DescriptorSocket(Socket socket)
{
    private const int ControlBytes = 16 + sizeof(int) * 256; // cmsghdr, and more descriptors than the kernel passes at once

    /// <summary>Sends what fits; 0 when the socket is full.</summary>
    internal int Send(ReadOnlySpan<byte> bytes, IReadOnlyList<SafeFileHandle>? files)
    {
        var control = stackalloc byte[ControlBytes];
        var held = 0;
        try
        {
            // Held, not just read: the number of a closed descriptor may be another file's by now.
            for (var taken = false; held < (files?.Count ?? 0); held++, taken = false)
                files![held].DangerousAddRef(ref taken);
            fixed (byte* start = bytes)
            {
                var vector = new IoVector { Base = start, Length = (nuint)bytes.Length };
                var message = new MessageHeader { Vectors = &vector, VectorCount = 1 };
                if (held > 0)
                    Announce(&message, control, files!);
                var sent = Libc.sendmsg(Handle, &message, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
                return sent >= 0 ? (int)sent : Retry("sendmsg", 0);
            }
        }
        finally
        {
            while (held > 0)
                files![--held].DangerousRelease();
        }
    }

    /// <summary>Receives what is there and queues descriptors; 0 at the end of the stream, -1 when nothing is there.</summary>
    internal int Receive(Span<byte> buffer, Queue<SafeFileHandle> files)
    {
        var control = stackalloc byte[ControlBytes];
        fixed (byte* start = buffer)
        {
            var vector = new IoVector { Base = start, Length = (nuint)buffer.Length };
            var message = new MessageHeader { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = ControlBytes };
            var received = Libc.recvmsg(Handle, &message, Libc.MSG_DONTWAIT | Libc.MSG_CMSG_CLOEXEC);
            if (received < 0)
                return Retry("recvmsg", -1);
            Collect(&message, files);
            if ((message.Flags & Libc.MSG_CTRUNC) != 0)
                throw new ControlProtocolException("the kernel dropped descriptors: too many came at once, or the process has reached its limit of open files");
            return (int)received;
        }
    }

    /// <summary>Waits until the peer has taken some of what was sent: rare, so a short nap serves.</summary>
    internal static Task WaitWritableAsync(CancellationToken cancellation) => Task.Delay(1, cancellation);

    /// <summary>Blocks until the socket is ready or the time is over: false.</summary>
    internal bool Wait(short events, int timeoutMilliseconds)
    {
        var entry = new PollEntry { File = Handle, Events = events };
        var ready = Libc.poll(&entry, 1, timeoutMilliseconds);
        return ready != 0; // interrupted: the caller looks and waits again
    }

    private int Handle => (int)socket.Handle;

    private static void Announce(MessageHeader* message, byte* control, IReadOnlyList<SafeFileHandle> files)
    {
        var header = (ControlHeader*)control;
        header->Length = (nuint)(sizeof(ControlHeader) + files.Count * sizeof(int));
        header->Level = Libc.SOL_SOCKET;
        header->Type = Libc.SCM_RIGHTS;
        var descriptors = (int*)(header + 1);
        for (var i = 0; i < files.Count; i++)
            descriptors[i] = (int)files[i].DangerousGetHandle();
        message->Control = control;
        message->ControlLength = (header->Length + 7) & ~(nuint)7;
    }

    private static void Collect(MessageHeader* message, Queue<SafeFileHandle> files)
    {
        var left = (nint)message->ControlLength;
        for (var at = (byte*)message->Control; left >= sizeof(ControlHeader);)
        {
            var header = (ControlHeader*)at;
            if (header->Length < (nuint)sizeof(ControlHeader) || header->Length > (nuint)left)
                return;
            if (header->Level == Libc.SOL_SOCKET && header->Type == Libc.SCM_RIGHTS)
            {
                var count = ((int)header->Length - sizeof(ControlHeader)) / sizeof(int);
                for (var i = 0; i < count; i++)
                    files.Enqueue(new(((int*)(header + 1))[i], ownsHandle: true));
            }
            var step = ((nint)header->Length + 7) & ~7;
            at += step;
            left -= step;
        }
    }

    private static int Retry(string call, int answer)
    {
        var errno = Marshal.GetLastPInvokeError();
        return errno is Libc.EAGAIN or Libc.EINTR ? answer : throw new SystemCallException(call, "a control connection", errno);
    }
}

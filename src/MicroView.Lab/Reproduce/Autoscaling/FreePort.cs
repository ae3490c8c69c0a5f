using System.Net;
using System.Net.Sockets;

namespace MicroView.Lab;

/// <summary>Ports on loopback that nobody listens on, below those that the kernel gives away itself; each is given out once. Thread-safe.</summary>
internal static class FreePort
{
    private const int First = 10_000, Count = 20_000;

    private static int s_next = Environment.ProcessId * 101;

    public static int Take()
    {
        for (var tries = 0; tries < Count; tries++)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref s_next) % Count);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // taken: the next
            }
        }
        throw new LabException($"no port from {First} on is free on 127.0.0.1");
    }
}

using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace MicroView.Protocol.Tests;

/// <summary>A channel, and the bare socket of its peer, who may do as it likes.</summary>
internal sealed class ChannelPair : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mv").FullName;

    public ChannelPair()
    {
        var path = Path.Combine(_folder, "s");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        Channel = ControlChannel.Connect(path);
        Peer = listener.Accept();
    }

    public ControlChannel Channel { get; }

    public Socket Peer { get; }

    /// <summary>Sockets and memory files that this process has open: the runtime opens others when it likes.</summary>
    public static int OpenDescriptors => Directory.GetFiles("/proc/self/fd").Count(link =>
    {
        try
        {
            return File.ResolveLinkTarget(link, returnFinalTarget: false)?.Name is { } name
                && (name.StartsWith("socket:", StringComparison.Ordinal) || name.StartsWith("memfd:", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            return false; // the listing's own, gone meanwhile
        }
    });

    public static byte[] Frame(string body, int files = 0, ushort mark = 0x564D, int? length = null)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        var frame = new byte[8 + bytes.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, length ?? bytes.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(4), (ushort)files);
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(6), mark);
        bytes.CopyTo(frame, 8);
        return frame;
    }

    public void SendWithFiles(byte[] bytes, params SafeFileHandle[] files) => Assert.Equal(bytes.Length, new DescriptorSocket(Peer).Send(bytes, files));

    /// <summary>The peer sends and closes; the channel reads until it ends, one way or the other, and never hangs.</summary>
    public async Task<List<ReceivedMessage>> Drain(byte[] bytes)
    {
        var sending = Task.Run(() =>
        {
            try
            {
                for (var sent = 0; sent < bytes.Length;)
                    sent += Peer.Send(bytes.AsSpan(sent));
                Peer.Shutdown(SocketShutdown.Send);
            }
            catch (SocketException)
            {
                // the channel closed on what it had read
            }
        });
        var messages = new List<ReceivedMessage>();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            while (await Channel.ReceiveAsync(limit.Token) is { } received)
                messages.Add(received);
        }
        finally
        {
            Channel.Dispose();
            await sending;
        }
        return messages;
    }

    public void Dispose()
    {
        Channel.Dispose();
        Peer.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}

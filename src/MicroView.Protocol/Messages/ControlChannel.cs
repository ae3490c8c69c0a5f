using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace MicroView.Protocol;

/// <summary>A peer broke the control plane's rules; the connection cannot go on.</summary>
public sealed class ControlProtocolException(string message, Exception? inner = null) : IOException(message, inner);

/// <summary>A message and the descriptors that came with it; the receiver owns them.</summary>
public sealed record ReceivedMessage(ControlMessage Message, IReadOnlyList<SafeFileHandle> Files)
{
    /// <summary>Closes the descriptors.</summary>
    public void CloseFiles()
    {
        foreach (var file in Files)
            file.Dispose();
    }
}

/// <summary>
/// Frames of the control plane over a connected Unix stream socket, with descriptor passing (docs/control-plane.md, "Frame"). One reader and
/// any number of writers at a time. Bounded: a peer can make it hold one frame and 250 descriptors.
/// </summary>
public sealed class ControlChannel : IDisposable
{
    /// <summary>The largest frame, without its header.</summary>
    public const int MaxFrame = 1024 * 1024;

    /// <summary>Descriptors in one frame: below the kernel's 253.</summary>
    public const int MaxFiles = 250;

    private const int HeaderSize = 8;
    private const int SmallBytes = 4096, KeptBytes = 64 * 1024;
    private const ushort Mark = 0x564D;
    private readonly Socket _socket;
    private readonly DescriptorSocket _descriptors;
    private readonly SemaphoreSlim _sending = new(1);
    private readonly Queue<SafeFileHandle> _files = new();
    private byte[] _buffer = new byte[SmallBytes];
    private int _start, _end;

    /// <summary>Takes over a connected socket.</summary>
    public ControlChannel(Socket socket)
    {
        _socket = socket;
        _socket.Blocking = false;
        _descriptors = new(socket);
    }

    /// <summary>Connects to an agent.</summary>
    /// <exception cref="SocketException">Nobody listens there, or another user does where none but this one may.</exception>
    public static ControlChannel Connect(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            if (AgentAddress.IsForeign(path, PeerCredentials.Of(socket).UserId))
                throw new SocketException((int)SocketError.AccessDenied);
            return new(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>The underlying socket, for its peer's credentials.</summary>
    public Socket Socket => _socket;

    /// <summary>Sends a message; the descriptors stay the caller's.</summary>
    /// <exception cref="IOException">The connection is gone.</exception>
    /// <exception cref="ControlProtocolException">The message is larger than a frame.</exception>
    public async ValueTask SendAsync(ControlMessage message, IReadOnlyList<SafeFileHandle>? files = null, CancellationToken cancellation = default)
    {
        var frame = Encode(message, files?.Count ?? 0);
        await _sending.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            var sent = 0;
            while (sent < frame.Length)
            {
                var count = _descriptors.Send(frame.AsSpan(sent), sent == 0 ? files : null);
                if (count > 0)
                    sent += count;
                else
                    await DescriptorSocket.WaitWritableAsync(cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Receives the next message; null when the peer has closed.</summary>
    /// <exception cref="ControlProtocolException">The peer broke a rule: garbage, an oversized frame, descriptors it did not announce, unknown JSON.</exception>
    /// <exception cref="IOException">The connection is gone.</exception>
    public async ValueTask<ReceivedMessage?> ReceiveAsync(CancellationToken cancellation = default)
    {
        while (true)
        {
            if (TryDecode(out var received))
                return received;
            await WaitReadableAsync(cancellation).ConfigureAwait(false);
            var count = Fill();
            if (count == 0)
                return AtEnd();
        }
    }

    /// <summary>Sends a message from a thread of its own, waiting at most <paramref name="timeoutMilliseconds"/> for a peer that does not read.</summary>
    /// <exception cref="IOException">The connection is gone, or the peer does not read.</exception>
    /// <exception cref="ControlProtocolException">The message is larger than a frame.</exception>
    public void Send(ControlMessage message, IReadOnlyList<SafeFileHandle>? files, int timeoutMilliseconds)
    {
        var frame = Encode(message, files?.Count ?? 0);
        var deadline = Environment.TickCount64 + timeoutMilliseconds;
        _sending.Wait();
        try
        {
            var sent = 0;
            while (sent < frame.Length)
            {
                var count = _descriptors.Send(frame.AsSpan(sent), sent == 0 ? files : null);
                sent += count;
                if (count == 0 && !_descriptors.Wait(Libc.POLLOUT, Remaining(deadline)))
                    throw new IOException($"the peer read nothing for {timeoutMilliseconds} ms");
            }
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Receives the next message on a thread of its own; null when the peer has closed.</summary>
    /// <exception cref="ControlProtocolException">The peer broke a rule.</exception>
    /// <exception cref="IOException">The connection is gone, or no whole message came within <paramref name="timeoutMilliseconds"/>.</exception>
    public ReceivedMessage? Receive(int timeoutMilliseconds)
    {
        var deadline = Environment.TickCount64 + timeoutMilliseconds;
        while (true)
        {
            if (TryDecode(out var received))
                return received;
            if (!_descriptors.Wait(Libc.POLLIN, Remaining(deadline)))
                throw new IOException($"no message came within {timeoutMilliseconds} ms");
            if (Fill() == 0)
                return AtEnd();
        }
    }

    /// <summary>Waits for input, or for <paramref name="wake"/>, which is reset.</summary>
    /// <param name="wake">Set by another thread.</param>
    /// <param name="timeoutMilliseconds">-1: without limit.</param>
    /// <returns>True when there is something to receive, if only the end.</returns>
    public bool WaitForInput(WakeSignal wake, int timeoutMilliseconds) =>
        _start != _end || wake.Wait((int)_socket.Handle, timeoutMilliseconds);

    /// <summary>Closes the connection and every descriptor that was not taken.</summary>
    public void Dispose()
    {
        _socket.Dispose();
        while (_files.TryDequeue(out var file))
            file.Dispose();
    }

    private static int Remaining(long deadline) => (int)Math.Max(0, deadline - Environment.TickCount64);

    private ReceivedMessage? AtEnd() =>
        _end == _start ? null : throw new ControlProtocolException($"the connection ended inside a frame, after {_end - _start} bytes");

    private async ValueTask WaitReadableAsync(CancellationToken cancellation)
    {
        try
        {
            await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellation).ConfigureAwait(false); // readable, or at its end
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            throw new IOException("the control connection is gone: " + error.Message, error);
        }
    }

    private static byte[] Encode(ControlMessage message, int files)
    {
        if (files > MaxFiles)
            throw new ControlProtocolException($"{files} descriptors; a frame takes {MaxFiles}");
        var body = JsonSerializer.SerializeToUtf8Bytes(message, ControlJson.Default.ControlMessage);
        if (body.Length > MaxFrame)
            throw new ControlProtocolException($"a message of {body.Length} bytes; a frame takes {MaxFrame}");
        var frame = new byte[HeaderSize + body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, body.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(4), (ushort)files);
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(6), Mark);
        body.CopyTo(frame, HeaderSize);
        return frame;
    }

    private bool TryDecode(out ReceivedMessage? received)
    {
        received = null;
        var ready = _buffer.AsSpan(_start, _end - _start);
        if (ready.Length < HeaderSize)
            return false;
        var length = BinaryPrimitives.ReadInt32LittleEndian(ready);
        var count = BinaryPrimitives.ReadUInt16LittleEndian(ready[4..]);
        if (BinaryPrimitives.ReadUInt16LittleEndian(ready[6..]) != Mark)
            throw new ControlProtocolException("not a MicroView frame");
        if (length is < 2 or > MaxFrame || count > MaxFiles)
            throw new ControlProtocolException($"a frame of {length} bytes with {count} descriptors; at most {MaxFrame} and {MaxFiles} are taken");
        if (ready.Length < HeaderSize + length)
        {
            return false;
        }
        if (_files.Count < count)
            throw new ControlProtocolException($"the frame announces {count} descriptors, but {_files.Count} came");
        var message = Decode(ready.Slice(HeaderSize, length));
        _start += HeaderSize + length;
        var files = new SafeFileHandle[count];
        for (var i = 0; i < count; i++)
            files[i] = _files.Dequeue();
        received = new(message, files);
        if (_start == _end && _files.Count > 0)
        {
            received.CloseFiles();
            throw new ControlProtocolException($"{_files.Count} descriptors came that no frame announced");
        }
        return true;
    }

    private static ControlMessage Decode(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize(body, ControlJson.Default.ControlMessage) ?? throw new ControlProtocolException("the message is null");
        }
        catch (Exception error) when (error is JsonException or NotSupportedException)
        {
            throw new ControlProtocolException("the message is not one of the control plane's: " + error.Message, error);
        }
    }

    private int Fill()
    {
        EnsureRoom(_end - _start + 1);
        var room = _buffer.AsSpan(_end);
        var count = _descriptors.Receive(room[..Math.Min(room.Length, Missing())], _files);
        if (_files.Count > MaxFiles)
            throw new ControlProtocolException($"more than {MaxFiles} descriptors came");
        _end += Math.Max(count, 0);
        return count;
    }

    /// <summary>What the frame that has begun still lacks: reading past it would take in the next one's descriptors as well, more than one frame's.</summary>
    private int Missing()
    {
        var held = _end - _start;
        if (held == 0)
            return int.MaxValue;
        return (held < HeaderSize ? HeaderSize : HeaderSize + BinaryPrimitives.ReadInt32LittleEndian(_buffer.AsSpan(_start))) - held;
    }

    /// <summary>Bytes of buffer that the connection holds.</summary>
    internal int HeldBytes => _buffer.Length;

    /// <summary>
    /// Makes room for <paramref name="wanted"/> bytes from the start of what is held. It grows with what came, not with what a header claims, and a
    /// connection that has had its large frame does not keep the room for it.
    /// </summary>
    private void EnsureRoom(int wanted)
    {
        if (_start == _end && _buffer.Length > KeptBytes)
            (_buffer, _start, _end) = (new byte[SmallBytes], 0, 0);
        if (_start > 0 && (_start == _end || _buffer.Length - _start < wanted || _buffer.Length == _end))
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        if (_buffer.Length < wanted)
            Array.Resize(ref _buffer, Math.Max(wanted, Math.Min(_buffer.Length * 2, MaxFrame + HeaderSize)));
    }
}

using System.Buffers.Binary;

namespace MicroView.Collector;

/// <summary>A recording is damaged, or is none; the message is one line that names the file and the place.</summary>
public sealed class RecordingException(string message) : IOException(message);

/// <summary>Reads a recording's events, one after the other. Holds one of them, and believes no length that the file has no room for. For one thread.</summary>
internal sealed class RecordingReader : IDisposable
{
    private const int BufferBytes = 1 << 20;
    private readonly FileStream _file;
    private long _length;
    private readonly byte[] _head = new byte[RecordingFormat.EventSize];
    private byte[] _payload = new byte[4096];
    private int _payloadLength;
    private long _position;

    private RecordingReader(FileStream file) => (_file, _length) = (file, file.CanSeek ? file.Length : 0);

    /// <summary>The file.</summary>
    public string Path => _file.Name;

    public RecordingHeader Header { get; private set; }

    /// <summary>Where the event that was read last begins.</summary>
    public long Offset { get; private set; }

    public RecordedKind Kind => (RecordedKind)_head[4];

    public byte Flags => _head[5];

    public uint Id => BinaryPrimitives.ReadUInt32LittleEndian(_head.AsSpan(8));

    /// <summary>Until the next event is read.</summary>
    public ReadOnlySpan<byte> Payload => _payload.AsSpan(0, _payloadLength);

    /// <summary>Where the file was cut off; null: it was not, or that is not known yet.</summary>
    public long? CutOffAt { get; private set; }

    /// <summary>Opens a recording and reads its header.</summary>
    /// <exception cref="RecordingException">It is none.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static RecordingReader Open(string path)
    {
        var reader = new RecordingReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, BufferBytes));
        try
        {
            var bytes = new byte[RecordingFormat.HeaderSize];
            var read = reader._file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (RecordingFormat.TryRead(bytes.AsSpan(0, read), out var header) is { } problem)
                throw new RecordingException($"{path} is not a recording that can be replayed: {problem}");
            (reader.Header, reader._position) = (header, RecordingFormat.HeaderSize);
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    /// <summary>Reads the next event; false at the file's end, whole or cut off. At a whole one it may be asked again: the recorder may have gone on.</summary>
    /// <exception cref="RecordingException">The file is damaged.</exception>
    public bool Next()
    {
        Offset = _position;
        if (Offset == _length && (_length = _file.Length) == Offset)
            return false;
        if (_length - Offset < RecordingFormat.EventSize || !Fill(_head))
            return CutOff();
        var payload = BinaryPrimitives.ReadInt32LittleEndian(_head);
        if (BinaryPrimitives.ReadUInt16LittleEndian(_head.AsSpan(6)) != RecordingFormat.HeadCheck(_head))
            return IsZeroToTheEnd() ? CutOff() : throw Damaged("an event's header is damaged");
        if (RecordingFormat.MaxPayload(Kind) is var most && (payload < 0 || payload > most))
            throw Damaged(most < 0 ? $"an event of kind {(byte)Kind}, which this build does not know" : $"an event of kind {Kind} of {payload} bytes; at most {most} are taken");
        if (RecordingFormat.SizeOf(payload) - RecordingFormat.EventSize is var padded && _length - _position < padded)
            return CutOff();
        if (_payload.Length < padded)
            _payload = new byte[Math.Max(padded, (int)Math.Min(2L * _payload.Length, RecordingFormat.MaxLayout))];
        if (!Fill(_payload.AsSpan(0, padded)))
            return CutOff();
        _payloadLength = payload;
        if (BinaryPrimitives.ReadUInt32LittleEndian(_head.AsSpan(12)) != RecordingFormat.Check(Payload))
            throw Damaged($"an event of kind {Kind} is damaged");
        return true;
    }

    /// <summary>What is wrong at the event that was read last.</summary>
    public RecordingException Damaged(string problem) => new($"{Path}: byte {Offset}: {problem}; nothing behind it is replayed");

    public void Dispose() => _file.Dispose();

    private bool CutOff()
    {
        CutOffAt = Offset;
        return false;
    }

    private bool Fill(Span<byte> bytes)
    {
        var read = _file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        _position += read;
        return read == bytes.Length;
    }

    /// <summary>A machine that lost its power may have made the file longer before it wrote what was to stand there.</summary>
    private bool IsZeroToTheEnd()
    {
        Span<byte> some = stackalloc byte[4096];
        if (!IsZero(_head))
            return false;
        while (_file.Read(some) is > 0 and var read)
            if (!IsZero(some[..read]))
                return false;
        return true;
    }

    private static bool IsZero(ReadOnlySpan<byte> bytes) => !bytes.ContainsAnyExcept((byte)0);
}

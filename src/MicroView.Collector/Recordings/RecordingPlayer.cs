using System.Buffers.Binary;
using System.Text.Json;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// Takes a recording apart into what is to be done next: apply a layout, whose sources have been announced to the transport, or read an LMAP's pods, whose sources have been given their images.
/// For one thread; a pass allocates nothing.
/// </summary>
internal sealed class RecordingPlayer(RecordingReader reader, RecordingTransport transport)
{
    private readonly long[] _lastNs = [.. Enumerable.Repeat(long.MinValue, reader.Header.Lmaps)];

    /// <summary>Layout, pass or end.</summary>
    public RecordedKind Kind { get; private set; }

    /// <summary>When that was.</summary>
    public long TimeNs { get; private set; }

    /// <summary>Of a layout.</summary>
    public RecordedLayout? Layout { get; private set; }

    /// <summary>Of a pass: the LMAP, and whether it looked at headers alone.</summary>
    public int Lmap { get; private set; }

    /// <inheritdoc cref="Lmap"/>
    public bool Looks { get; private set; }

    /// <summary>Passes so far.</summary>
    public long Passes { get; private set; }

    /// <summary>Images so far, with pods of which there was none.</summary>
    public long Images { get; private set; }

    /// <summary>Images that the recorder left out.</summary>
    public long Lost { get; private set; }

    /// <summary>Goes to the next; false at the recording's end.</summary>
    /// <exception cref="RecordingException">The file is damaged.</exception>
    public bool Next()
    {
        if (Kind == RecordedKind.End || !reader.Next())
            return false;
        (Kind, Layout) = (reader.Kind, null);
        switch (Kind)
        {
            case RecordedKind.Layout:
                ReadLayout();
                return true;
            case RecordedKind.Pass:
                return ReadPass();
            case RecordedKind.End when reader.Payload.Length == RecordingFormat.EndPayload:
                TimeNs = Time(0);
                Lost = Math.Max(Lost, BinaryPrimitives.ReadInt64LittleEndian(reader.Payload[8..]));
                return true;
            default:
                throw reader.Damaged(Kind == RecordedKind.End ? "an end that is too short" : "an image that belongs to no pass");
        }
    }

    private void ReadLayout()
    {
        TimeNs = Time(0);
        try
        {
            Layout = JsonSerializer.Deserialize(reader.Payload[RecordingFormat.LayoutPrefix..], RecordingJson.Default.RecordedLayout);
        }
        catch (JsonException error)
        {
            throw reader.Damaged($"a layout that cannot be read: {error.Message}");
        }
        if ((Layout is null ? "it is null" : Layout.Problem()) is { } problem)
            throw reader.Damaged($"a layout that is impossible: {problem}");
        transport.Announce(Layout!.Sources);
    }

    /// <summary>All of a pass is read before any of it is used: what a killed recorder wrote half of counts for nothing.</summary>
    private bool ReadPass()
    {
        if (reader.Id >= _lastNs.Length || reader.Payload.Length != RecordingFormat.PassPayload)
            throw reader.Damaged($"a pass of LMAP {reader.Id}, where there are {_lastNs.Length}");
        Lmap = (int)reader.Id;
        (TimeNs, Looks) = (_lastNs[Lmap] = Time(_lastNs[Lmap]), (reader.Flags & RecordingFormat.LooksFlag) != 0);
        var reads = BinaryPrimitives.ReadUInt32LittleEndian(reader.Payload[8..]);
        var lost = BinaryPrimitives.ReadUInt32LittleEndian(reader.Payload[12..]);
        transport.BeginPass();
        for (var i = 0u; i < reads; i++)
        {
            if (!reader.Next())
                return false;
            if (Take() is { } problem)
                throw reader.Damaged(problem);
        }
        (Passes, Images, Lost) = (Passes + 1, Images + reads, Lost + lost);
        return true;
    }

    private string? Take()
    {
        var payload = reader.Payload;
        var prefix = reader.Kind == RecordedKind.Image ? RecordingFormat.ImagePrefix : RecordingFormat.MissingPayload;
        if (reader.Kind is not (RecordedKind.Image or RecordedKind.Missing) || payload.Length < prefix)
            return "a pass that ends before its last image";
        if (transport.Find(reader.Id) is not { } source)
            return $"an image of the source {reader.Id}, which no layout told of";
        var first = BinaryPrimitives.ReadUInt32LittleEndian(payload);
        return reader.Kind == RecordedKind.Missing ? source.Miss(first) : source.Take(first, payload[prefix..], (reader.Flags & RecordingFormat.ConfirmedFlag) != 0);
    }

    /// <summary>The time that the event's payload begins with.</summary>
    private long Time(long least)
    {
        var payload = reader.Payload;
        var time = payload.Length < sizeof(long) ? -1 : BinaryPrimitives.ReadInt64LittleEndian(payload);
        return RecordingFormat.IsTime(time) && time >= least ? time : throw reader.Damaged("an event without a time, or with one before that of the event it follows");
    }
}

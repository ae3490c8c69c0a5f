using System.Text;
using System.Text.Json;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>What the journal tells of a segment.</summary>
internal sealed record JournaledSegment(string Segment, string Pod, uint UserId, ulong Epoch, int Capacity, List<(string Name, bool IsGauge)> Metrics);

/// <summary>
/// One small file per REST segment, so that the next agent can adopt it: a line that says whose it is, then a line per metric. A line
/// that was not finished is a metric whose client never got an answer. Callers take turns.
/// </summary>
internal sealed class RestJournal
{
    private const string Extension = ".journal";
    private readonly string _folder;

    internal RestJournal(string folder)
    {
        _folder = folder;
        try
        {
            const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            Directory.CreateDirectory(folder, owner);
            File.SetUnixFileMode(folder, owner); // fails when the folder is another user's
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new HostStartException($"cannot use the state folder {folder}: {error.Message}; choose another with --state", error);
        }
    }

    /// <summary>Writes a new segment's first line: whole, or not at all.</summary>
    internal void Create(JournaledSegment segment)
    {
        var path = PathOf(segment.Segment);
        File.WriteAllBytes(path + ".new", Line(json =>
        {
            json.WriteString("pod", segment.Pod);
            json.WriteNumber("uid", segment.UserId);
            json.WriteNumber("epoch", segment.Epoch);
            json.WriteNumber("capacity", segment.Capacity);
        }));
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>Adds a metric, whole or not at all. Answers the length before, for <see cref="Shorten"/>.</summary>
    internal long Append(string segment, string name, bool isGauge)
    {
        using var file = new FileStream(PathOf(segment), FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        var before = file.Length;
        try
        {
            file.Write(Line(json =>
            {
                json.WriteString("name", name);
                json.WriteBoolean("gauge", isGauge);
            }));
        }
        catch (IOException)
        {
            RandomAccess.SetLength(file.SafeFileHandle, before); // half a line would spoil the next one
            throw;
        }
        return before;
    }

    /// <summary>Takes back a metric that was not published: its slot is the next one's.</summary>
    internal void Shorten(string segment, long length)
    {
        using var file = File.OpenHandle(PathOf(segment), FileMode.Open, FileAccess.Write);
        RandomAccess.SetLength(file, length);
    }

    /// <summary>Removes the folder unless the next agent needs what is in it.</summary>
    internal void RemoveFolder()
    {
        try
        {
            Directory.Delete(_folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // not empty, or already gone
        }
    }

    internal void Delete(string segment)
    {
        try
        {
            File.Delete(PathOf(segment));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The folder is gone (a cleaner of /tmp) or read-only: the pod must leave the layout all the same.
        }
    }

    /// <summary>Everything that an earlier agent left; files that make no sense are removed.</summary>
    internal List<JournaledSegment> Load()
    {
        foreach (var left in Directory.EnumerateFiles(_folder, "*.new"))
            File.Delete(left);
        var segments = new List<JournaledSegment>();
        foreach (var path in Directory.EnumerateFiles(_folder, "*" + Extension))
        {
            if (Read(path) is { } segment)
                segments.Add(segment);
            else
                File.Delete(path);
        }
        return segments;
    }

    private string PathOf(string segment) => Path.Combine(_folder, segment + Extension);

    private static byte[] Line(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        stream.WriteByte((byte)'\n');
        return stream.ToArray();
    }

    private static JournaledSegment? Read(string path)
    {
        var lines = File.ReadAllText(path, Encoding.UTF8).Split('\n');
        try
        {
            using var head = JsonDocument.Parse(lines[0]);
            var segment = new JournaledSegment(
                Path.GetFileNameWithoutExtension(path), head.RootElement.GetProperty("pod").GetString()!, head.RootElement.GetProperty("uid").GetUInt32(),
                head.RootElement.GetProperty("epoch").GetUInt64(), head.RootElement.GetProperty("capacity").GetInt32(), []);
            if (NameRules.CheckPod(segment.Pod) is not null || !SlotGeometry.IsValid(segment.Capacity, 1, out _))
                return null;
            // The last piece is empty, or a line that was not finished.
            for (var at = 1; at < lines.Length - 1; at++)
            {
                using var metric = JsonDocument.Parse(lines[at]);
                segment.Metrics.Add((metric.RootElement.GetProperty("name").GetString()!, metric.RootElement.GetProperty("gauge").GetBoolean()));
            }
            Repair(path, lines);
            return segment;
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>Cuts an unfinished last line off, or the next metric would be appended to it.</summary>
    private static void Repair(string path, string[] lines)
    {
        if (lines[^1].Length == 0)
            return;
        File.WriteAllText(path + ".new", string.Join('\n', lines[..^1]) + "\n");
        File.Move(path + ".new", path, overwrite: true);
    }
}

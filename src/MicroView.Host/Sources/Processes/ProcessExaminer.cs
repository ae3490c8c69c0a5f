using System.Text;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>Asks /proc who a process is: once when it is new, and in passing whether it still is. For the sampling thread alone.</summary>
internal sealed class ProcessExaminer(SampleContext context)
{
    private readonly byte[] _path = new byte[512], _root = Encoding.UTF8.GetBytes(context.Options.ProcRoot), _link = new byte[4096];
    private readonly string? _ownNetwork = LinkOf(context.Options.ProcRoot + "/self/ns/net");

    /// <summary>Start of this machine, Unix time.</summary>
    internal long BootSeconds { get; } = ReadBoot(context);

    /// <summary>Reads stat without holding it: true for a process that lives.</summary>
    internal bool TryReadStat(int id, out ProcessStat stat, out ReadOnlySpan<byte> name)
    {
        stat = default;
        name = default;
        var read = Read(id, "/stat\0"u8);
        if (read <= 0)
            return false;
        var text = context.Buffer.AsSpan(0, read);
        var (open, close) = (text.IndexOf((byte)'('), text.LastIndexOf((byte)')'));
        name = open >= 0 && close > open ? text[(open + 1)..close] : default;
        return ProcessStat.TryParse(text, out stat);
    }

    /// <summary>The text of /proc/PID/cgroup, in the context's buffer; empty when it cannot be read.</summary>
    internal ReadOnlySpan<byte> Cgroup(int id) => context.Buffer.AsSpan(0, Math.Max(0, Read(id, "/cgroup\0"u8)));

    /// <summary>A number that changes when the process executes another program: of the executable's path, else of its name.</summary>
    internal int Fingerprint(int id, ReadOnlySpan<byte> name)
    {
        var hash = new HashCode();
        var length = KernelFile.ReadLink(Path(id, "/exe\0"u8), _link);
        hash.AddBytes(length > 0 ? _link.AsSpan(0, length) : name);
        return hash.ToHashCode();
    }

    /// <summary>All that grouping may ask for. Allocates: for new processes only.</summary>
    internal ProcessFacts Facts(int id, string name)
    {
        var length = KernelFile.ReadLink(Path(id, "/exe\0"u8), _link);
        var executable = length > 0 ? Encoding.UTF8.GetString(_link, 0, length) : "";
        length = Math.Max(0, Read(id, "/cmdline\0"u8));
        var arguments = length > 0 ? Encoding.UTF8.GetString(context.Buffer, 0, Math.Min(length, 16384)).TrimEnd('\0').Split('\0') : [];
        var cgroup = Encoding.UTF8.GetString(Cgroup(id));
        return new(id, name, executable, arguments, LongestPath(cgroup));
    }

    /// <summary>True when the process is in a network namespace that is not the agent's; false also where that may not be seen.</summary>
    internal bool HasOwnNetwork(int id) =>
        _ownNetwork is not null && LinkOf($"{context.Options.ProcRoot}/{id}/ns/net") is { } network && network != _ownNetwork;

    private int Read(int id, ReadOnlySpan<byte> file) => KernelFile.ReadOnce(Path(id, file), context.Buffer);

    private ReadOnlySpan<byte> Path(int id, ReadOnlySpan<byte> file)
    {
        _root.CopyTo(_path, 0);
        var length = _root.Length;
        _path[length++] = (byte)'/';
        _ = System.Buffers.Text.Utf8Formatter.TryFormat(id, _path.AsSpan(length), out var digits);
        length += digits;
        file.CopyTo(_path.AsSpan(length));
        return _path.AsSpan(0, length + file.Length);
    }

    private static string LongestPath(string cgroup)
    {
        var longest = "";
        foreach (var line in cgroup.Split('\n'))
            if (line.IndexOf(':', line.IndexOf(':', StringComparison.Ordinal) + 1) is var colon and >= 0 && line.Length - colon - 1 > longest.Length)
                longest = line[(colon + 1)..];
        return longest.Length > 1 ? longest : "";
    }

    private static string? LinkOf(string path)
    {
        var link = new byte[64];
        var length = KernelFile.ReadLink(Encoding.UTF8.GetBytes(path + "\0"), link);
        return length > 0 ? Encoding.UTF8.GetString(link, 0, length) : null;
    }

    private static long ReadBoot(SampleContext context)
    {
        var read = KernelFile.ReadOnce(Encoding.UTF8.GetBytes(context.Options.ProcRoot + "/stat\0"), context.Buffer);
        return read > 0 ? Math.Max(0, KernelText.ValueOf(context.Buffer.AsSpan(0, read), "btime"u8)) : 0;
    }
}

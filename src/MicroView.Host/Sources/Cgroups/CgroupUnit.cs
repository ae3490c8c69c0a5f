using System.Buffers;

namespace MicroView.Host;

/// <summary>What kind of thing a cgroup's path names.</summary>
internal enum CgroupKind
{
    Container,
    Service,
    Other,
}

/// <summary>
/// The unit that a cgroup belongs to: the innermost container on its path, else the innermost systemd service or application scope, else
/// the leaf itself. Login sessions are none: their processes are pods of their own.
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="Path">Path of the unit's own cgroup: cgroups below it are part of it.</param>
/// <param name="Name">Service or scope, or the path of a plain cgroup.</param>
/// <param name="ContainerId">Id of a container, as its runtime knows it.</param>
/// <param name="Runtime">"docker", "containerd", "cri-o", "podman", "lxc", or null.</param>
/// <param name="PodUid">UID of its Kubernetes pod.</param>
internal sealed record CgroupUnit(CgroupKind Kind, string Path, string Name, string? ContainerId = null, string? Runtime = null, string? PodUid = null)
{
    private const int IdLength = 64;
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>The unit of a path, or null for the root, slices and sessions.</summary>
    internal static CgroupUnit? Of(string path)
    {
        CgroupUnit? unit = null;
        string? podUid = null;
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var (i, end) = (0, 0); i < parts.Length; i++)
        {
            end += parts[i].Length + 1;
            podUid = PodUidOf(parts[i]) ?? podUid;
            if (ContainerOf(parts[i]) is { } container)
                unit = new(CgroupKind.Container, path[..end], container.Id, container.Id, container.Runtime ?? RuntimeOf(parts, i), podUid);
            else if (unit?.Kind != CgroupKind.Container && NamedUnit(parts[i]) is { } name)
                unit = new(CgroupKind.Service, path[..end], name);
        }
        if (unit is not null || parts.Length == 0)
            return unit;
        var last = parts[^1];
        return last.EndsWith(".slice", StringComparison.Ordinal) || last.EndsWith(".scope", StringComparison.Ordinal) || IsUserManager(last)
            || Array.Exists(parts, part => part.StartsWith("session-", StringComparison.Ordinal)) || podUid is not null
            ? null
            : new(CgroupKind.Other, path, string.Join('/', parts));
    }

    /// <summary>kubepods-burstable-pod1234_….slice, or pod1234-….</summary>
    private static string? PodUidOf(string part)
    {
        var start = part.StartsWith("kubepods", StringComparison.Ordinal) ? part.IndexOf("-pod", StringComparison.Ordinal) + 1 : 0;
        if (start < 0 || !part.AsSpan(start).StartsWith("pod"))
            return null;
        var uid = part[(start + 3)..];
        if (uid.IndexOf(".slice", StringComparison.Ordinal) is >= 0 and var end)
            uid = uid[..end];
        uid = uid.Replace('_', '-');
        return uid.Length is 32 or 36 && uid.All(c => char.IsAsciiHexDigit(c) || c == '-') ? uid : null;
    }

    private static (string Id, string? Runtime)? ContainerOf(string part)
    {
        const string lxc = "lxc.payload.";
        if (part.StartsWith(lxc, StringComparison.Ordinal))
            return (part[lxc.Length..], "lxc");
        var name = part.EndsWith(".scope", StringComparison.Ordinal) ? part[..^".scope".Length] : part;
        if (name.Length < IdLength || name.AsSpan(name.Length - IdLength).ContainsAnyExcept(HexDigits))
            return null;
        var prefix = name[..^IdLength].TrimEnd('-', ':');
        prefix = prefix[(prefix.LastIndexOf(':') + 1)..]; // "….slice:cri-containerd:ID"
        return prefix switch
        {
            "" => (name[^IdLength..], null),
            "docker" => (name[^IdLength..], "docker"),
            "cri-containerd" or "nerdctl" or "containerd" => (name[^IdLength..], "containerd"),
            "crio" => (name[^IdLength..], "cri-o"),
            "libpod" => (name[^IdLength..], "podman"),
            _ => null, // conmon: the monitor beside a container
        };
    }

    private static string? RuntimeOf(string[] parts, int container) =>
        container == 0 ? null : parts[container - 1] switch
        {
            "docker" => "docker",
            "k8s.io" or "default" or "moby" => "containerd",
            "libpod_parent" or "machine.slice" => "podman",
            _ => null,
        };

    private static string? NamedUnit(string part)
    {
        if (part.EndsWith(".service", StringComparison.Ordinal))
            return IsUserManager(part) ? null : part;
        return part.EndsWith(".scope", StringComparison.Ordinal) && part != "init.scope" && !part.StartsWith("session-", StringComparison.Ordinal)
            && !part.Contains("conmon", StringComparison.Ordinal)
            ? part
            : null;
    }

    private static bool IsUserManager(string part) => part.StartsWith("user@", StringComparison.Ordinal) && part.EndsWith(".service", StringComparison.Ordinal);
}

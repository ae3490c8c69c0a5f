using System.Globalization;
using System.Text.RegularExpressions;

namespace MicroView.Host;

/// <summary>The container that the kernel says a process is in: by its cgroup, which the process cannot choose.</summary>
internal static partial class ContainerIdentity
{
    /// <summary>Decides a pod's container name: what the client says when its cgroup confirms it, else what the cgroup says, else unverified.</summary>
    internal static (string? Name, bool Verified) Of(int processId, string? claimed) => Judge(ReadCgroup(processId), claimed);

    internal static (string? Name, bool Verified) Judge(string? cgroup, string? claimed)
    {
        if (cgroup is null || ContainerId().Match(cgroup) is not { Success: true } match)
            return (claimed, false);
        var id = match.Groups[1].Value;
        if (claimed is null)
            return (id[..12], true);
        var confirmed = (claimed.Length >= 12 && id.StartsWith(claimed, StringComparison.Ordinal))
            || cgroup.Split('\n').Select(line => line[(line.LastIndexOf('/') + 1)..]).Any(own => own == claimed || own == claimed + ".scope" || own == claimed + ".service");
        return (claimed, confirmed);
    }

    private static string? ReadCgroup(int processId)
    {
        if (processId <= 0)
            return null;
        try
        {
            return File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/cgroup"));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // docker-ID.scope, cri-containerd-ID.scope, libpod-ID.scope, /docker/ID, /kubepods/…/ID
    [GeneratedRegex("(?:^|[/-])([0-9a-f]{64})(?:\\.scope)?(?:$|[/\\n])", RegexOptions.CultureInvariant)]
    private static partial Regex ContainerId();
}

using System.Text;
using System.Text.Json;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>
/// Finds names for container ids without asking a runtime: the kubelet's log links (containers/POD_NAMESPACE_CONTAINER-ID.log), Docker's
/// own files, then the environment of a member (POD_NAMESPACE, POD_NAME, HOSTNAME), as far as this user may read them.
/// </summary>
internal sealed class ContainerNames(NodeSourceOptions options)
{
    private const int ShortId = 12;

    /// <summary>Who a cgroup is; <paramref name="member"/> is one of its processes, or 0.</summary>
    internal NodePodIdentity Identify(CgroupUnit unit, int member)
    {
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["source"] = "cgroup" };
        if (unit.Kind != CgroupKind.Container)
        {
            var service = unit.Name[(unit.Name.LastIndexOf('/') + 1)..];
            service = service.EndsWith(".service", StringComparison.Ordinal) ? service[..^".service".Length] : service;
            return new(ProcessGrouping.Clean(unit.Name), ProcessGrouping.Clean(service.Split('@')[0]), Labels: labels);
        }
        labels["container_id"] = Short(unit.ContainerId!);
        if (unit.Runtime is { } runtime)
            labels["runtime"] = runtime;
        if (unit.PodUid is { } uid)
            labels["pod_uid"] = uid;
        return FromKubelet(unit.ContainerId!, labels) ?? FromDocker(unit.ContainerId!, labels) ?? FromEnvironment(unit, member, labels);
    }

    private NodePodIdentity? FromKubelet(string id, SortedDictionary<string, string> labels)
    {
        try
        {
            foreach (var path in Directory.EnumerateFileSystemEntries($"{options.LogRoot}/containers", $"*-{id}.log"))
            {
                var parts = Path.GetFileName(path)[..^(id.Length + 5)].Split('_');
                if (parts.Length == 3)
                    return InKubernetes(parts[1], parts[0], parts[2], labels);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // not a Kubernetes node, or not for this user
        }
        return null;
    }

    private NodePodIdentity? FromDocker(string id, SortedDictionary<string, string> labels)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes($"{options.DockerRoot}/containers/{id}/config.v2.json"));
            var name = json.RootElement.GetProperty("Name").GetString()?.TrimStart('/');
            if (string.IsNullOrEmpty(name))
                return null;
            var service = name;
            if (json.RootElement.TryGetProperty("Config", out var config) && config.TryGetProperty("Labels", out var given) && given.ValueKind == JsonValueKind.Object
                && given.TryGetProperty("com.docker.compose.service", out var composed) && composed.ValueKind == JsonValueKind.String)
                service = composed.GetString()!;
            return new(ProcessGrouping.Clean(name), ProcessGrouping.Clean(service), ProcessGrouping.Clean(name), labels);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null; // not Docker's, or not for this user
        }
    }

    private NodePodIdentity FromEnvironment(CgroupUnit unit, int member, SortedDictionary<string, string> labels)
    {
        var id = Short(unit.ContainerId!);
        var environment = ReadEnvironment(member);
        var host = environment.GetValueOrDefault("POD_NAME") ?? environment.GetValueOrDefault("HOSTNAME");
        if (unit.PodUid is { } uid)
            return environment.GetValueOrDefault("POD_NAMESPACE") is { } space && host is not null
                ? InKubernetes(space, host, id, labels)
                : new(ProcessGrouping.Clean($"{host ?? "pod-" + uid}/{id}"), ProcessGrouping.Clean(host is null ? uid : ReplicaNames.ServiceOf(host)), id, labels);
        var name = host is null || unit.ContainerId!.StartsWith(host, StringComparison.Ordinal) ? id : host; // Docker's default host name is the id
        return new(ProcessGrouping.Clean(name), ProcessGrouping.Clean(name), id, labels);
    }

    private Dictionary<string, string> ReadEnvironment(int process)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        var buffer = new byte[32 * 1024];
        var read = process > 0 ? KernelFile.ReadOnce(Encoding.UTF8.GetBytes($"{options.ProcRoot}/{process}/environ\0"), buffer) : 0;
        if (read > 0)
            foreach (var pair in Encoding.UTF8.GetString(buffer, 0, read).Split('\0'))
                if (pair.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals && equals + 1 < pair.Length && pair.Length < 300)
                    found[pair[..equals]] = pair[(equals + 1)..];
        return found;
    }

    private static NodePodIdentity InKubernetes(string space, string pod, string container, SortedDictionary<string, string> labels)
    {
        labels["namespace"] = ProcessGrouping.Clean(space);
        labels["pod_name"] = ProcessGrouping.Clean(pod);
        return new(ProcessGrouping.Clean($"{space}/{pod}/{container}"), ProcessGrouping.Clean(ReplicaNames.ServiceOf(pod)), ProcessGrouping.Clean(container), labels);
    }

    private static string Short(string id) => id.Length > ShortId ? id[..ShortId] : id;
}

using System.Text.Json;

namespace MicroView.Lab;

/// <summary>A process that can be stressed.</summary>
/// <param name="Name">Service.</param>
/// <param name="Pid">Its process.</param>
/// <param name="Cgroups">Folders of cgroups to put the stress into; empty: it is bound to the cores that the process may use.</param>
internal sealed record InjectionTarget(string Name, int Pid, IReadOnlyList<string> Cgroups)
{
    /// <summary>How stress acts on it, in words.</summary>
    public string How => Cgroups.Count > 0 ? $"in cgroup {Cgroups[0]}, whose CPU limit it uses up" : $"on the cores {Cores} that process {Pid} is bound to, beside everything else that is";

    /// <summary>As taskset wants them.</summary>
    public string Cores => File.ReadLines($"/proc/{Pid}/status").First(line => line.StartsWith("Cpus_allowed_list:", StringComparison.Ordinal)).Split(':')[1].Trim();

    public bool IsAlive => Directory.Exists($"/proc/{Pid}");
}

/// <summary>Reads who runs where: hotel.json, which samples/Hotel writes, or any file with <c>services</c>, each a name, a pid and perhaps cgroups.</summary>
internal static class InjectionTargets
{
    /// <exception cref="DataException">It cannot be read, or names a process that is no more.</exception>
    public static IReadOnlyList<InjectionTarget> Read(string file)
    {
        TargetFile? read;
        try
        {
            using var stream = File.OpenRead(file);
            read = JsonSerializer.Deserialize(stream, LabJson.Default.TargetFile);
        }
        catch (JsonException error)
        {
            throw new DataException(file, (error.LineNumber ?? -1) + 1, "is no list of services: {\"services\": [{\"name\": …, \"pid\": …, \"cgroups\": […]}]}");
        }
        InjectionTarget[] targets = [.. (read?.Services ?? []).Select(service => new InjectionTarget(service.Name, service.Pid, service.Cgroups ?? []))];
        if (targets.Length == 0)
            throw new DataException(file, 0, "names no service");
        return targets.FirstOrDefault(target => !target.IsAlive) is { } dead ? throw new DataException(file, 0, $"{dead.Name} is process {dead.Pid}, which is no more; is the application up?") : targets;
    }
}

/// <summary>The file.</summary>
internal sealed record TargetFile(string? Url, IReadOnlyList<TargetService>? Services);

internal sealed record TargetService(string Name, int Pid, IReadOnlyList<string>? Cgroups);

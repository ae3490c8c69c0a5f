using System.Globalization;

namespace Hotel;

/// <summary>
/// A cgroup per service, version 1 or 2, with a CPU limit as a container has: what is put beside the service there takes what it has, and not what the others have. Where none can be made
/// each service is bound to one core instead.
/// </summary>
internal sealed class ServiceGroups
{
    private const string Prefix = "microview-hotel-", Root = "/sys/fs/cgroup";
    private const int PeriodUs = 100_000;
    // Ten containers beside each other, and the machine's other processes beside them.
    private const int Containers = 10, Shares = 1024, Weight = 100;
    private static readonly string[] s_controllers = ["cpu", "cpuacct", "memory"];

    private readonly string[] _roots;

    private ServiceGroups(string[] roots) => _roots = roots;

    /// <summary>Whether there are any.</summary>
    public bool Exist => _roots.Length > 0;

    private static bool IsUnified => File.Exists(Path.Combine(Root, "cgroup.controllers"));

    /// <summary>Makes the group of this application, after removing those of applications that are dead.</summary>
    public static ServiceGroups Create()
    {
        string[] hierarchies = IsUnified ? [Root] : [.. s_controllers.Select(controller => Path.Combine(Root, controller)).Where(path => File.Exists(Path.Combine(path, "cgroup.procs")))];
        try
        {
            foreach (var hierarchy in hierarchies)
                RemoveDead(hierarchy);
            string[] roots = [.. hierarchies.Select(hierarchy => Path.Combine(hierarchy, $"{Prefix}{Environment.ProcessId}")).Distinct()];
            foreach (var root in roots)
                Directory.CreateDirectory(root);
            if (IsUnified)
            {
                File.WriteAllText(Path.Combine(Root, "cgroup.subtree_control"), "+cpu +memory");
                File.WriteAllText(Path.Combine(roots[0], "cgroup.subtree_control"), "+cpu +memory");
            }
            foreach (var root in roots)
                foreach (var (name, value) in ((string, int)[])[("cpu.shares", Containers * Shares), ("cpu.weight", Containers * Weight)])
                    if (File.Exists(Path.Combine(root, name)))
                        File.WriteAllText(Path.Combine(root, name), value.ToString(CultureInfo.InvariantCulture));
            return new ServiceGroups(roots);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return new ServiceGroups([]);
        }
    }

    /// <summary>Puts a process into its service's groups. Their paths; empty where there are none.</summary>
    public string[] Add(string service, int process)
    {
        string[] groups = [.. _roots.Select(root => Path.Combine(root, service))];
        foreach (var group in groups)
        {
            Directory.CreateDirectory(group);
            try
            {
                File.WriteAllText(Path.Combine(group, "cgroup.procs"), process.ToString(CultureInfo.InvariantCulture));
            }
            catch (IOException) when (!Directory.Exists($"/proc/{process}"))
            {
                // It has ended since it was seen.
            }
        }
        return groups;
    }

    /// <summary>Limits a service to so many cores.</summary>
    public void Limit(string service, double cores)
    {
        var quota = ((int)(cores * PeriodUs)).ToString(CultureInfo.InvariantCulture);
        foreach (var group in _roots.Select(root => Path.Combine(root, service)))
        {
            if (IsUnified)
                File.WriteAllText(Path.Combine(group, "cpu.max"), $"{quota} {PeriodUs}");
            else if (File.Exists(Path.Combine(group, "cpu.cfs_quota_us")))
                File.WriteAllText(Path.Combine(group, "cpu.cfs_quota_us"), quota);
        }
    }

    /// <summary>Removes all groups, with what is still in them.</summary>
    public void Remove()
    {
        foreach (var root in _roots)
            Remove(root);
    }

    private static void RemoveDead(string hierarchy)
    {
        foreach (var path in Directory.EnumerateDirectories(hierarchy, $"{Prefix}*"))
            if (!int.TryParse(Path.GetFileName(path)[Prefix.Length..], CultureInfo.InvariantCulture, out var owner) || !Directory.Exists($"/proc/{owner}"))
                Remove(path);
    }

    private static void Remove(string root)
    {
        if (!Directory.Exists(root))
            return;
        // The kernel lets a group go a moment after its last process.
        for (var attempt = 0; attempt < 50; attempt++)
        {
            try
            {
                foreach (var group in Directory.EnumerateDirectories(root))
                {
                    Kill(group);
                    Directory.Delete(group);
                }
                Directory.Delete(root);
                return;
            }
            catch (IOException)
            {
                Thread.Sleep(100);
            }
        }
        Console.Error.WriteLine($"hotel: {root} cannot be removed: something still runs in it");
    }

    private static void Kill(string group)
    {
        foreach (var line in File.ReadAllLines(Path.Combine(group, "cgroup.procs")))
        {
            try
            {
                System.Diagnostics.Process.GetProcessById(int.Parse(line, CultureInfo.InvariantCulture)).Kill();
            }
            catch (Exception error) when (error is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception)
            {
                // It has ended by itself.
            }
        }
    }
}

using MicroView.Verbs;

namespace MicroView.Cli;

/// <summary>What is there of RDMA: the library and the kernel's devices.</summary>
internal static class RdmaExamination
{
    private const string DeviceFolder = "/sys/class/infiniband";

    public static Finding[] Run()
    {
        var verbs = VerbsLibrary.Probe();
        return [Library(verbs), Devices(verbs)];
    }

    private static Finding Library(VerbsState verbs) => verbs.IsLibraryPresent
        ? new("RDMA library", FindingState.Ok, "libibverbs.so.1")
        : new("RDMA library", FindingState.Missing, "libibverbs.so.1 not found", "only for collectors on other machines or a DPU: apt install libibverbs1 ibverbs-providers");

    private static Finding Devices(VerbsState verbs)
    {
        // Without the library the kernel still tells which devices there are.
        string[] names = verbs.IsAvailable ? [.. verbs.Devices] : Directory.Exists(DeviceFolder) ? [.. Directory.EnumerateFileSystemEntries(DeviceFolder).Select(path => Path.GetFileName(path))] : [];
        if (names.Length == 0)
            return new("RDMA devices", FindingState.Missing, "none", SoftRoce.Advice(verbs.IsLibraryPresent));
        var ports = names.Select(name => $"{name} ({Examination.ReadText($"{DeviceFolder}/{name}/ports/1/state")?.Split(':')[^1].Trim() ?? "no port 1"})").ToArray();
        var accessible = Directory.Exists("/dev/infiniband") && Directory.EnumerateFiles("/dev/infiniband", "uverbs*").Any(CanOpen);
        if (!accessible)
            return new("RDMA devices", FindingState.Limited, string.Join(", ", ports), "/dev/infiniband/uverbs* cannot be opened by this user: run as root, or add a udev rule (in a container: --device)");
        return ports.Any(port => port.Contains("ACTIVE", StringComparison.Ordinal))
            ? new("RDMA devices", FindingState.Ok, string.Join(", ", ports))
            : new("RDMA devices", FindingState.Limited, string.Join(", ", ports), "no port is active: bring its link up (rdma link show)");
    }

    private static bool CanOpen(string path)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}

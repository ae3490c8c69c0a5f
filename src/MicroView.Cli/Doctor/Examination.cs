using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using MicroView.Protocol;

namespace MicroView.Cli;

/// <summary>Looks at everything that decides what MicroView can do on this machine. Changes nothing.</summary>
internal static class Examination
{
    /// <summary>A host of 300 pods with four objects each stays under this.</summary>
    private const long EnoughDescriptors = 4096;

    public static Finding[] Run(string? socket, int port, int prometheusPort) =>
    [
        Kernel(),
        Cores(),
        Vectors(),
        User(),
        .. RdmaExamination.Run(),
        LockedMemory(),
        .. CgroupExamination.Run(),
        Processes(),
        Descriptors(),
        Maps(),
        SharedMemory(),
        AgentExamination.Agent(socket),
        Port("port of the agent", port, "--port"),
        Port("port of Prometheus", prometheusPort, "--prometheus-port"),
    ];

    private static Finding Kernel()
    {
        var version = Environment.OSVersion.Version;
        var text = ReadText("/proc/sys/kernel/osrelease") ?? version.ToString();
        return version >= new Version(6, 5)
            ? new("kernel", FindingState.Ok, $"Linux {text}")
            : version >= new Version(5, 6)
                ? new("kernel", FindingState.Ok, $"Linux {text} (peers by pid: SO_PEERPIDFD came with 6.5)")
                : new("kernel", FindingState.Limited, $"Linux {text}", "Linux 5.6 or newer notices a client's death by pidfd; here only by its connection");
    }

    private static Finding Cores()
    {
        var cores = Environment.ProcessorCount;
        return cores >= 2
            ? new("cores", FindingState.Ok, $"{cores} usable")
            : new("cores", FindingState.Limited, "1 usable", "a collector that spins (--pin, --scrape-interval 0) would take it all: keep the defaults");
    }

    private static Finding Vectors()
    {
        if (Avx512F.IsSupported)
            return new("vector instructions", FindingState.Ok, "AVX-512");
        if (Avx2.IsSupported && Fma.IsSupported)
            return new("vector instructions", FindingState.Ok, "AVX2 with FMA");
        return AdvSimd.IsSupported
            ? new("vector instructions", FindingState.Ok, "NEON")
            : new("vector instructions", FindingState.Limited, "128 bits", "detection works at about a quarter of its speed; expose AVX2 to the virtual machine");
    }

    private static Finding User() => Machine.IsRoot
        ? new("user", FindingState.Ok, "root")
        : new("user", FindingState.Limited, $"uid {Machine.UserId}", "other users' I/O, open files and sockets stay hidden; run as root to see them");

    private static Finding LockedMemory()
    {
        var limit = Machine.LockedMemoryLimit;
        if (limit == long.MaxValue)
            return new("locked memory", FindingState.Ok, "unlimited");
        return limit >= 64L << 20
            ? new("locked memory", FindingState.Ok, $"{limit >> 20} MiB")
            : new("locked memory", FindingState.Limited, $"{limit >> 10} KiB", "only RDMA needs more: ulimit -l unlimited, or LimitMEMLOCK=infinity in the unit");
    }

    private static Finding Processes()
    {
        try
        {
            var visible = Directory.EnumerateDirectories("/proc").Count(path => char.IsAsciiDigit(path[^1]) && char.IsAsciiDigit(path[6]));
            var hidden = File.ReadLines("/proc/mounts").Any(line => line.Contains(" /proc ", StringComparison.Ordinal) && line.Contains("hidepid=", StringComparison.Ordinal)
                && !line.Contains("hidepid=0", StringComparison.Ordinal) && !line.Contains("hidepid=off", StringComparison.Ordinal));
            return hidden && !Machine.IsRoot
                ? new("processes", FindingState.Limited, $"{visible} visible, /proc hides other users' (hidepid)", "run as root, or in the group of the mount's gid= option")
                : new("processes", FindingState.Ok, $"{visible} visible");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return new("processes", FindingState.Missing, $"/proc: {error.Message}", "mount /proc; without it there are no process pods");
        }
    }

    private static Finding Descriptors()
    {
        var limit = Machine.DescriptorLimit;
        var text = limit == long.MaxValue ? "unlimited" : limit.ToString(CultureInfo.InvariantCulture);
        return limit >= EnoughDescriptors
            ? new("open files", FindingState.Ok, $"limit {text}")
            : new("open files", FindingState.Limited, $"limit {text}", $"pods beyond about {limit * 8 / 10} objects are refused: ulimit -n 65536, or LimitNOFILE= in the unit");
    }

    private static Finding Maps()
    {
        var limit = Machine.MapLimit;
        return limit >= 65530
            ? new("mappings", FindingState.Ok, $"vm.max_map_count {limit}")
            : new("mappings", FindingState.Limited, $"vm.max_map_count {limit}", "sysctl -w vm.max_map_count=65530 for more than a few thousand pods");
    }

    private static Finding SharedMemory()
    {
        const string path = "/dev/shm";
        try
        {
            var drive = new DriveInfo(path);
            var free = drive.AvailableFreeSpace >> 20;
            var own = Machine.IsRoot || (OperatingSystem.IsLinux() && File.GetUnixFileMode(path).HasFlag(UnixFileMode.OtherWrite));
            if (!own)
                return new(path, FindingState.Missing, "not writable", "REST pods need it: chmod 1777 /dev/shm, or run as root");
            return free >= 64
                ? new(path, FindingState.Ok, $"{free} MiB free")
                : new(path, FindingState.Limited, $"{free} MiB free", "mount -o remount,size=1G /dev/shm (in a container: --shm-size)");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return new(path, FindingState.Missing, error.Message, "REST pods need a tmpfs at /dev/shm");
        }
    }

    private static Finding Port(string subject, int port, string option)
    {
        if (port == 0)
            return new(subject, FindingState.Ok, "any free one");
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return new(subject, FindingState.Ok, $"{port} is free");
        }
        catch (SocketException error)
        {
            var holder = TcpTable.HolderOf(port) ?? $"a process of another user (ss -ltnp 'sport = :{port}' as root names it)";
            return new(subject, FindingState.Limited, $"{port}: {error.Message}", $"held by {holder}; stop it or choose with {option}");
        }
    }

    internal static string? ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}

using System.Net.NetworkInformation;

namespace MicroView.Cli;

/// <summary>How this machine comes to an RDMA device without an RDMA card: Soft-RoCE (rdma_rxe) over an ordinary network interface.</summary>
internal static class SoftRoce
{
    /// <summary>What is still to be done here, as commands, or why it cannot be done.</summary>
    public static string Advice(bool hasLibrary)
    {
        var kernel = Examination.ReadText("/proc/sys/kernel/osrelease") ?? "";
        if (InContainer)
            return "the shm transport works without; Soft-RoCE is set up on the machine that runs this container: run doctor there, then start the container with --device /dev/infiniband";
        if (!HasModule(kernel))
            return $"the shm transport works without; this kernel ({kernel}) has no module rdma_rxe: Soft-RoCE needs a distribution's kernel (Debian: linux-image-amd64, not the cloud one)";
        var install = hasLibrary && File.Exists("/usr/bin/rdma") ? "" : "apt install libibverbs1 ibverbs-providers rdma-core iproute2 && ";
        return $"the shm transport works without; to try RDMA without a card, as root: {install}modprobe rdma_rxe && rdma link add rxe0 type rxe netdev {Interface()}";
    }

    private static bool InContainer => File.Exists("/.dockerenv") || File.Exists("/run/.containerenv") || Environment.GetEnvironmentVariable("container") is { Length: > 0 };

    /// <summary>Built in, or among the modules of the kernel that runs.</summary>
    private static bool HasModule(string kernel)
    {
        foreach (var list in (string[])[$"/lib/modules/{kernel}/modules.builtin", $"/lib/modules/{kernel}/modules.dep"])
            if (Examination.ReadText(list)?.Contains("/rdma_rxe.ko", StringComparison.Ordinal) == true)
                return true;
        return Directory.Exists("/sys/module/rdma_rxe");
    }

    /// <summary>The first interface that is up and leads out; else the placeholder that a person replaces.</summary>
    private static string Interface() => Array.Find(
        NetworkInterface.GetAllNetworkInterfaces(),
        card => card.OperationalStatus == OperationalStatus.Up && card.NetworkInterfaceType != NetworkInterfaceType.Loopback
            && card.GetIPProperties().GatewayAddresses.Count > 0)?.Name ?? "ETH";
}

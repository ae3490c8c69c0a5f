using System.Runtime.InteropServices;

namespace MicroView.Verbs;

/// <summary>What this machine has of RDMA.</summary>
/// <param name="IsLibraryPresent">libibverbs.so.1 can be loaded.</param>
/// <param name="Devices">Names of the devices; empty when there are none.</param>
/// <param name="Reason">Why there are none, and what to do; empty when there are.</param>
public sealed record VerbsState(bool IsLibraryPresent, IReadOnlyList<string> Devices, string Reason)
{
    /// <summary>True when a device can be opened.</summary>
    public bool IsAvailable => Devices.Count > 0;
}

/// <summary>libibverbs as a state: present or not, with devices or not, and why. Never throws.</summary>
public static class VerbsLibrary
{
    // The youngest function that is used: rdma-core 32, of 2020.
    private const string YoungestFunction = "_ibv_query_gid_ex";

    /// <summary>Looks for the library and its devices now.</summary>
    public static VerbsState Probe()
    {
        if (!NativeLibrary.TryLoad(Ibverbs.Library, typeof(VerbsLibrary).Assembly, null, out var library))
            return new(false, [], "libibverbs.so.1 is not installed; install libibverbs1 and ibverbs-providers (Debian), or rdma-core");
        if (!NativeLibrary.TryGetExport(library, YoungestFunction, out _))
            return new(false, [], "libibverbs.so.1 cannot be used: it is older than rdma-core 32");
        try
        {
            using var list = DeviceList.Take();
            return new(true, list.Names(), list.Count > 0 ? "" : WhyNone(list.Errno, DeviceList.OfKernel()));
        }
        catch (Exception error) when (error is EntryPointNotFoundException or DllNotFoundException or BadImageFormatException)
        {
            return new(false, [], "libibverbs.so.1 cannot be used: " + error.Message);
        }
    }

    /// <param name="errno">Of the list; 0 when it is empty.</param>
    /// <param name="kernel">Devices that the kernel has.</param>
    internal static string WhyNone(int errno, IReadOnlyList<string> kernel) => errno switch
    {
        0 when kernel.Count > 0 => $"the kernel has {string.Join(", ", kernel)}, but libibverbs has no provider for it; install ibverbs-providers (Debian), or rdma-core",
        0 => "there is no RDMA device; for Soft-RoCE: rdma link add rxe0 type rxe netdev ETH",
        VerbsValues.ENOSYS when kernel.Count > 0 => $"the kernel has {string.Join(", ", kernel)}, but no verbs for programs; load ib_uverbs",
        VerbsValues.ENOSYS => "the kernel has no RDMA; load ib_uverbs and the device's driver (or rdma_rxe for Soft-RoCE)",
        _ => $"listing the devices failed: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})",
    };
}

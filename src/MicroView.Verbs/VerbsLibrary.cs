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
public static unsafe class VerbsLibrary
{
    /// <summary>Looks for the library and its devices now.</summary>
    public static VerbsState Probe()
    {
        if (!NativeLibrary.TryLoad(Ibverbs.Library, typeof(VerbsLibrary).Assembly, null, out _))
            return new(false, [], "libibverbs.so.1 is not installed; install libibverbs1 and ibverbs-providers (Debian), or rdma-core");
        try
        {
            return List();
        }
        catch (Exception error) when (error is EntryPointNotFoundException or DllNotFoundException or BadImageFormatException)
        {
            return new(false, [], "libibverbs.so.1 cannot be used: " + error.Message);
        }
    }

    private static VerbsState List()
    {
        int count;
        var list = Ibverbs.ibv_get_device_list(&count);
        if (list is null)
        {
            var errno = Marshal.GetLastPInvokeError();
            return new(true, [], errno == Ibverbs.ENOSYS
                ? "the kernel has no RDMA; load ib_uverbs and the device's driver (or rdma_rxe for Soft-RoCE)"
                : $"listing the devices failed: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno})");
        }
        var devices = new string[count];
        for (var i = 0; i < count; i++)
            devices[i] = Marshal.PtrToStringUTF8((nint)Ibverbs.ibv_get_device_name(list[i])) ?? "";
        Ibverbs.ibv_free_device_list(list);
        return new(true, devices, count > 0 ? "" : "there is no RDMA device; for Soft-RoCE: rdma link add rxe0 type rxe netdev ETH");
    }
}

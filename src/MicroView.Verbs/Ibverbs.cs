using System.Runtime.InteropServices;

namespace MicroView.Verbs;

/// <summary>libibverbs, one declaration per function that is used.</summary>
internal static unsafe partial class Ibverbs
{
    internal const string Library = "libibverbs.so.1";
    internal const int ENOSYS = 38;

    /// <summary>Returns a list that ends with null, or null with errno; ENOSYS: no RDMA in this kernel.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial void** ibv_get_device_list(int* count);

    [LibraryImport(Library)]
    internal static partial void ibv_free_device_list(void** list);

    /// <summary>The name belongs to the device.</summary>
    [LibraryImport(Library)]
    internal static partial byte* ibv_get_device_name(void* device);
}

using System.Runtime.InteropServices;

namespace MicroView.Verbs;

/// <summary>
/// libibverbs, one declaration per function that is used. Calls that return a pointer set errno; the others return it, unless noted.
/// What the header defines inline is reached through the table in <see cref="ibv_context"/>.
/// </summary>
internal static unsafe partial class Ibverbs
{
    internal const string Library = "libibverbs.so.1";

    /// <summary>Returns a list that ends with null, or null with errno; ENOSYS: no RDMA in this kernel.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial void** ibv_get_device_list(int* count);

    [LibraryImport(Library)]
    internal static partial void ibv_free_device_list(void** list);

    /// <summary>The name belongs to the device.</summary>
    [LibraryImport(Library)]
    internal static partial byte* ibv_get_device_name(void* device);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial ibv_context* ibv_open_device(void* device);

    [LibraryImport(Library)]
    internal static partial int ibv_close_device(void* context);

    [LibraryImport(Library)]
    internal static partial int ibv_query_device(ibv_context* context, ibv_device_attr* attributes);

    /// <summary>The exported form fills the first 48 bytes; what the header's own adds behind them is not used.</summary>
    [LibraryImport(Library)]
    internal static partial int ibv_query_port(ibv_context* context, byte port, ibv_port_attr* attributes);

    /// <summary>ENODATA: the entry is empty.</summary>
    [LibraryImport(Library)]
    internal static partial int _ibv_query_gid_ex(ibv_context* context, uint port, uint index, ibv_gid_entry* entry, uint flags, nuint entrySize);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial void* ibv_alloc_pd(ibv_context* context);

    [LibraryImport(Library)]
    internal static partial int ibv_dealloc_pd(void* domain);

    /// <summary>For the access flags used here; the optional ones (relaxed ordering) would need ibv_reg_mr_iova2.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial ibv_mr* ibv_reg_mr(void* domain, void* address, nuint length, int access);

    [LibraryImport(Library)]
    internal static partial int ibv_dereg_mr(void* region);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial ibv_comp_channel* ibv_create_comp_channel(ibv_context* context);

    [LibraryImport(Library)]
    internal static partial int ibv_destroy_comp_channel(void* channel);

    /// <summary>-1 with errno; EAGAIN where the channel's descriptor does not block.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial int ibv_get_cq_event(ibv_comp_channel* channel, ibv_cq** queue, void** queueContext);

    [LibraryImport(Library)]
    internal static partial void ibv_ack_cq_events(ibv_cq* queue, uint count);

    [LibraryImport(Library, SetLastError = true)]
    internal static partial ibv_cq* ibv_create_cq(ibv_context* context, int entries, void* queueContext, ibv_comp_channel* channel, int vector);

    /// <summary>Waits for events that were taken and not acknowledged.</summary>
    [LibraryImport(Library)]
    internal static partial int ibv_destroy_cq(void* queue);

    /// <summary>Writes what was granted into the capabilities.</summary>
    [LibraryImport(Library, SetLastError = true)]
    internal static partial ibv_qp* ibv_create_qp(void* domain, ibv_qp_init_attr* attributes);

    [LibraryImport(Library)]
    internal static partial int ibv_modify_qp(ibv_qp* pair, ibv_qp_attr* attributes, int mask);

    [LibraryImport(Library)]
    internal static partial int ibv_query_qp(ibv_qp* pair, ibv_qp_attr* attributes, int mask, ibv_qp_init_attr* initial);

    [LibraryImport(Library)]
    internal static partial int ibv_destroy_qp(void* pair);
}

using System.Runtime.InteropServices;

namespace MicroView.Verbs;

/// <summary>The devices that libibverbs knows at the time of the call; a device is opened while its list exists.</summary>
internal readonly unsafe ref struct DeviceList : IDisposable
{
    private const string KernelFolder = "/sys/class/infiniband";

    private readonly void** _list;

    private DeviceList(void** list, int count, int errno)
    {
        _list = list;
        Count = count;
        Errno = errno;
    }

    internal int Count { get; }

    /// <summary>Why there is no list; 0 when there is one.</summary>
    internal int Errno { get; }

    internal static DeviceList Take()
    {
        int count;
        var list = Ibverbs.ibv_get_device_list(&count);
        return list is null ? new(null, 0, Marshal.GetLastPInvokeError()) : new(list, count, 0);
    }

    /// <summary>Devices that the kernel has, whether or not the library can use them.</summary>
    internal static string[] OfKernel()
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(KernelFolder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    internal string Name(int index) => Marshal.PtrToStringUTF8((nint)Ibverbs.ibv_get_device_name(_list[index])) ?? "";

    internal string[] Names()
    {
        var names = new string[Count];
        for (var i = 0; i < names.Length; i++)
            names[i] = Name(i);
        return names;
    }

    /// <exception cref="VerbsException">It cannot be opened.</exception>
    internal ContextHandle Open(int index)
    {
        var handle = new ContextHandle();
        handle.Take((nint)Ibverbs.ibv_open_device(_list[index]), "ibv_open_device", Name(index));
        return handle;
    }

    public void Dispose()
    {
        if (_list is not null)
            Ibverbs.ibv_free_device_list(_list);
    }
}

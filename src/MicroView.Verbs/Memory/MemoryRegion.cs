namespace MicroView.Verbs;

/// <summary>What may be done to a region; values as in verbs. Reading it locally is always allowed.</summary>
[Flags]
public enum RegionAccess
{
    /// <summary>Local reads alone.</summary>
    None = 0,

    /// <summary>READs of this machine may land in it.</summary>
    LocalWrite = 1,

    /// <summary>Others may write it; needs <see cref="LocalWrite"/>.</summary>
    RemoteWrite = 2,

    /// <summary>Others may read it.</summary>
    RemoteRead = 4,
}

/// <summary>Registered memory (ibv_mr): pinned, and reachable under its keys until it is disposed, even after unmapping. Thread-safe.</summary>
public sealed unsafe class MemoryRegion : IDisposable
{
    private readonly RegionHandle _handle;

    internal MemoryRegion(RegionHandle handle, ulong address, long length)
    {
        _handle = handle;
        Address = address;
        Length = length;
        using var use = handle.Hold();
        var region = (ibv_mr*)use.Pointer;
        (LocalKey, RemoteKey) = (region->lkey, region->rkey);
    }

    /// <summary>First byte, as others name it too.</summary>
    public ulong Address { get; }

    /// <summary>Bytes.</summary>
    public long Length { get; }

    /// <summary>Key for this machine's requests.</summary>
    public uint LocalKey { get; }

    /// <summary>Key for others' requests.</summary>
    public uint RemoteKey { get; }

    /// <summary>Deregisters: what others ask of it from now on fails, and breaks their queue pair.</summary>
    public void Dispose() => _handle.Dispose();
}

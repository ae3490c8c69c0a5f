namespace MicroView.Verbs;

/// <summary>Native memory with its region. Spans of it must not be used after <see cref="Dispose"/>.</summary>
public sealed unsafe class RegisteredMemory : IDisposable
{
    private readonly NativeBlock _block;
    private readonly MemoryRegion _region;

    internal RegisteredMemory(NativeBlock block, MemoryRegion region)
    {
        _block = block;
        _region = region;
    }

    /// <summary>Bytes.</summary>
    public int Length => (int)_region.Length;

    /// <summary>Key for this machine's requests.</summary>
    public uint LocalKey => _region.LocalKey;

    /// <summary>Key for others' requests.</summary>
    public uint RemoteKey => _region.RemoteKey;

    /// <summary>First byte; the start of a page.</summary>
    public ulong Address => _region.Address;

    /// <summary>A part of it, as it is: READs in flight write into it.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part is not all inside.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public Span<byte> Span(int offset, int length)
    {
        ObjectDisposedException.ThrowIf(_block.IsClosed, this);
        if ((uint)offset > (uint)Length || (uint)length > (uint)(Length - offset))
            throw new ArgumentOutOfRangeException(nameof(offset), $"{length} bytes at {offset} are not all inside of {Length}");
        return new(_block.Address + offset, length);
    }

    /// <summary>Deregisters, then frees.</summary>
    public void Dispose()
    {
        _region.Dispose();
        _block.Dispose();
    }
}

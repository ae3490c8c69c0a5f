namespace MicroView.Verbs;

/// <summary>What the access keys of memory and queue pairs have in common (ibv_pd). What is made from it holds it. Thread-safe.</summary>
public sealed unsafe class ProtectionDomain : IDisposable
{
    private readonly ContextHandle _context;
    private readonly DomainHandle _handle;

    internal ProtectionDomain(VerbsDevice device, ContextHandle context)
    {
        Device = device;
        _context = context;
        using var use = context.Hold();
        _handle = new DomainHandle(context);
        _handle.Take((nint)Ibverbs.ibv_alloc_pd((ibv_context*)use.Pointer), "ibv_alloc_pd", device.Name);
    }

    /// <summary>The device it is of.</summary>
    public VerbsDevice Device { get; }

    /// <summary>
    /// Registers memory that <paramref name="owner"/> keeps mapped; the region keeps the owner alive until it is disposed. Neither end need
    /// be a page's, but whole pages are pinned, and charged to the memlock limit once per region. The mapping must be writable and shared.
    /// </summary>
    /// <param name="address">First byte.</param>
    /// <param name="length">Bytes, at least one.</param>
    /// <param name="access">RemoteWrite needs LocalWrite beside it.</param>
    /// <param name="owner">Whose memory it is; a SafeHandle is not released before the region.</param>
    /// <param name="subject">What it is, for messages.</param>
    /// <exception cref="VerbsException">The kernel refused; for want of locked memory the message says limit and remedy.</exception>
    /// <exception cref="ObjectDisposedException">The domain, or the owner's handle, is disposed.</exception>
    public MemoryRegion Register(nint address, long length, RegionAccess access, object? owner, string subject)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        using var use = _handle.Hold();
        var handle = new RegionHandle(_handle, owner);
        handle.Take((nint)Ibverbs.ibv_reg_mr(use.Pointer, (void*)address, (nuint)length, (int)access), "ibv_reg_mr", $"{subject} ({length} bytes)");
        return new(handle, (ulong)address, length);
    }

    /// <summary>Own page-aligned zeroed memory, registered LocalWrite beside <paramref name="access"/>: READs land in it, WRITEs leave from it.</summary>
    /// <param name="bytes">At least one; the rest of the last page belongs to nobody else.</param>
    /// <param name="access">What others may do to it.</param>
    /// <param name="subject">What it is, for messages.</param>
    /// <exception cref="VerbsException">The kernel refused; for want of locked memory the message says limit and remedy.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    public RegisteredMemory Allocate(int bytes, RegionAccess access, string subject)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bytes);
        var page = (nuint)Environment.SystemPageSize;
        var block = new NativeBlock(((nuint)bytes + page - 1) & ~(page - 1), page);
        try
        {
            return new(block, Register((nint)block.Address, bytes, access | RegionAccess.LocalWrite, block, subject));
        }
        catch
        {
            block.Dispose();
            throw;
        }
    }

    /// <summary>A completion queue with a channel to sleep on.</summary>
    /// <param name="entries">Completions that it must hold at least; a queue that overflows is lost, with its queue pairs.</param>
    /// <exception cref="VerbsException">The device refused.</exception>
    /// <exception cref="ObjectDisposedException">The domain is disposed.</exception>
    public CompletionQueue CreateCompletionQueue(int entries)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(entries);
        using var use = _handle.Hold();
        return new(_context, entries, Device.Name);
    }

    /// <summary>A reliable connected queue pair in RESET, whose completions go to <paramref name="completions"/>.</summary>
    /// <param name="completions">Must hold what all of its queue pairs can have posted.</param>
    /// <param name="sendDepth">Requests that can be posted and not completed, at least.</param>
    /// <exception cref="VerbsException">The device refused.</exception>
    /// <exception cref="ObjectDisposedException">The domain or the completion queue is disposed.</exception>
    public QueuePair CreateQueuePair(CompletionQueue completions, int sendDepth)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(sendDepth);
        return new(_handle, completions.Handle, sendDepth, Device.Name);
    }

    /// <summary>Frees the domain, once nothing that was made from it exists.</summary>
    public void Dispose() => _handle.Dispose();
}

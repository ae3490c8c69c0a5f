namespace MicroView.Verbs;

/// <summary>
/// Work requests in native memory, written once and posted many times, any run of them by one call. For one thread. Allocates
/// nothing after construction.
/// </summary>
public sealed unsafe class SendChain : IDisposable
{
    private const int Line = 64;

    private readonly NativeBlock _block;

    /// <summary>A chain of empty requests, none of them signaled.</summary>
    /// <param name="capacity">Requests; at least one.</param>
    public SendChain(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(capacity);
        Capacity = capacity;
        _block = new NativeBlock((nuint)capacity * (nuint)(sizeof(ibv_send_wr) + sizeof(ibv_sge)), Line);
        var parts = (ibv_sge*)(Requests + capacity);
        for (var i = 0; i < capacity; i++)
        {
            Requests[i].next = i + 1 < capacity ? Requests + i + 1 : null;
            Requests[i].sg_list = parts + i;
            Requests[i].num_sge = 1;
        }
    }

    /// <summary>Requests.</summary>
    public int Capacity { get; }

    private ibv_send_wr* Requests => (ibv_send_wr*)_block.Address;

    /// <summary>Request <paramref name="at"/> reads from the other end into local memory; whether it is signaled stays as it is.</summary>
    /// <param name="at">Its place.</param>
    /// <param name="id">What its completion says.</param>
    /// <param name="localAddress">Where the bytes go.</param>
    /// <param name="localKey">Local key of the region there; it must allow LocalWrite.</param>
    /// <param name="length">Bytes; at least one, since a READ of none is not even checked.</param>
    /// <param name="remoteAddress">Where they are at the other end.</param>
    /// <param name="remoteKey">Remote key of the region there.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place, or no length.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public void SetRead(int at, ulong id, ulong localAddress, uint localKey, int length, ulong remoteAddress, uint remoteKey) =>
        Set(At(at), VerbsValues.IBV_WR_RDMA_READ, id, localAddress, localKey, length, remoteAddress, remoteKey);

    /// <summary>Request <paramref name="at"/> writes local memory to the other end; whether it is signaled stays as it is.</summary>
    /// <param name="at">Its place.</param>
    /// <param name="id">What its completion says.</param>
    /// <param name="localAddress">Where the bytes are; they must stay as they are until the completion.</param>
    /// <param name="localKey">Local key of the region there.</param>
    /// <param name="length">Bytes; at least one.</param>
    /// <param name="remoteAddress">Where they go at the other end.</param>
    /// <param name="remoteKey">Remote key of the region there.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place, or no length.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public void SetWrite(int at, ulong id, ulong localAddress, uint localKey, int length, ulong remoteAddress, uint remoteKey) =>
        Set(At(at), VerbsValues.IBV_WR_RDMA_WRITE, id, localAddress, localKey, length, remoteAddress, remoteKey);

    /// <summary>Whether request <paramref name="at"/> has a completion when it succeeds; one that fails always has. A send queue of unsignaled requests alone fills up for good.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public void SetSignaled(int at, bool signaled) => At(at)->send_flags = signaled ? VerbsValues.IBV_SEND_SIGNALED : 0u;

    /// <summary>Frees the memory; what was posted is not touched.</summary>
    public void Dispose() => _block.Dispose();

    /// <summary>Ends the chain behind the run; the caller links <paramref name="last"/> to <paramref name="rest"/> again.</summary>
    internal ibv_send_wr* Cut(int first, int count, out ibv_send_wr* last, out ibv_send_wr* rest)
    {
        last = rest = null;
        ObjectDisposedException.ThrowIf(_block.IsClosed, this);
        if ((uint)first > (uint)Capacity || (uint)count > (uint)(Capacity - first))
            throw new ArgumentOutOfRangeException(nameof(first), $"{count} requests at {first} are not all in a chain of {Capacity}");
        if (count == 0)
            return null;
        last = Requests + first + count - 1;
        rest = last->next;
        last->next = null;
        return Requests + first;
    }

    private ibv_send_wr* At(int at)
    {
        ObjectDisposedException.ThrowIf(_block.IsClosed, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)at, (uint)Capacity, nameof(at));
        return Requests + at;
    }

    private static void Set(ibv_send_wr* request, uint opcode, ulong id, ulong localAddress, uint localKey, int length, ulong remoteAddress, uint remoteKey)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        request->wr_id = id;
        request->opcode = opcode;
        request->remote_addr = remoteAddress;
        request->rkey = remoteKey;
        *request->sg_list = new() { addr = localAddress, length = (uint)length, lkey = localKey };
    }
}

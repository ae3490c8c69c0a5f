namespace MicroView.Verbs;

/// <summary>A reliable connected queue pair (ibv_qp). Not thread-safe, but for Number and Dispose; Post belongs to one thread.</summary>
public sealed unsafe class QueuePair : IDisposable
{
    private readonly QueuePairHandle _handle;
    private readonly string _subject;

    internal QueuePair(DomainHandle domain, CompletionQueueHandle completions, int sendDepth, string device)
    {
        using var domainUse = domain.Hold();
        using var queue = completions.Hold();
        var attributes = new ibv_qp_init_attr
        {
            send_cq = (ibv_cq*)queue.Pointer,
            recv_cq = (ibv_cq*)queue.Pointer,
            // Nothing is ever received, but some devices make no pair without a receive queue.
            cap = new() { max_send_wr = (uint)sendDepth, max_recv_wr = 1, max_send_sge = 1, max_recv_sge = 1 },
            qp_type = VerbsValues.IBV_QPT_RC,
        };
        _handle = new QueuePairHandle(domain, completions);
        _handle.Take((nint)Ibverbs.ibv_create_qp(domainUse.Pointer, &attributes), "ibv_create_qp", $"{device} (a queue pair of {sendDepth} requests)");
        using var use = _handle.Hold();
        Number = ((ibv_qp*)use.Pointer)->qp_num;
        SendDepth = (int)attributes.cap.max_send_wr;
        _subject = $"queue pair {Number} of {device}";
    }

    /// <summary>Its number, which the other end must know; 24 bits.</summary>
    public uint Number { get; }

    /// <summary>Requests that it takes before the first has completed: what was asked for, or more.</summary>
    public int SendDepth { get; }

    /// <summary>
    /// RESET → INIT → RTR → RTS from any state; on return it can answer and ask. MTU: the smaller; READs in flight: what both
    /// allow. An end that is silent is given up after about half a second. On an error it is back in RESET.
    /// </summary>
    /// <param name="local">This end.</param>
    /// <param name="remote">The other end.</param>
    /// <param name="remoteAccess">What the other end may do to regions that allow it too.</param>
    /// <exception cref="VerbsException">The device refused a step; the message names it.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public void Connect(LocalEnd local, RemoteEnd remote, RegionAccess remoteAccess)
    {
        if (local.Port is < 1 or > byte.MaxValue || local.Gid.Index is < 0 or > byte.MaxValue)
            throw new ArgumentOutOfRangeException(nameof(local), $"port {local.Port}, GID index {local.Gid.Index}: both are bytes");
        Reset();
        try
        {
            Modify(Connection.ToInit(local, remoteAccess), Connection.InitMask, "to INIT");
            Modify(Connection.ToReceive(local, remote), Connection.ReceiveMask, $"to RTR, from {local.Gid.Gid} to {remote.QueuePair} at {remote.Gid}");
            Modify(Connection.ToSend(local, remote), Connection.SendMask, "to RTS");
        }
        catch (VerbsException)
        {
            TryReset();
            throw;
        }
    }

    /// <summary>To RESET: nobody reaches memory through it any more; work that was posted is gone without a completion.</summary>
    /// <exception cref="VerbsException">The device refused.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public void Reset() => Modify(Connection.ToState(QueuePairState.Reset), Connection.ResetMask, "to RESET");

    /// <summary>To ERR: everything posted completes as flushed. From RESET it cannot.</summary>
    /// <exception cref="VerbsException">The device refused.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public void Fail() => Modify(Connection.ToState(QueuePairState.Error), Connection.ResetMask, "to ERR");

    /// <summary>Asks the device; a call into the kernel.</summary>
    /// <exception cref="VerbsException">The device does not say.</exception>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public QueuePairState Query()
    {
        using var use = _handle.Hold();
        var attributes = default(ibv_qp_attr);
        var initial = default(ibv_qp_init_attr);
        VerbsException.Check(Ibverbs.ibv_query_qp((ibv_qp*)use.Pointer, &attributes, VerbsValues.IBV_QP_STATE, &initial), "ibv_query_qp", _subject);
        return (QueuePairState)attributes.qp_state;
    }

    /// <summary>
    /// Posts requests [first, first+count) of a chain with one doorbell. In ERR they are taken too, and complete as flushed.
    /// </summary>
    /// <param name="chain">Free to be changed and posted again when this returns.</param>
    /// <param name="first">Place of the first request.</param>
    /// <param name="count">How many.</param>
    /// <param name="posted">How many were taken: all, or those before the one that was not.</param>
    /// <returns>0, or the errno of the first that was not taken; ENOMEM: the send queue is full.</returns>
    /// <exception cref="ArgumentOutOfRangeException">They are not all in the chain.</exception>
    /// <exception cref="ObjectDisposedException">It, or the chain, is disposed.</exception>
    public int Post(SendChain chain, int first, int count, out int posted)
    {
        posted = 0;
        using var use = _handle.Hold();
        var start = chain.Cut(first, count, out var last, out var rest);
        if (count == 0)
            return 0;
        ibv_send_wr* refused = null;
        var pair = (ibv_qp*)use.Pointer;
        var errno = pair->context->post_send(pair, start, &refused);
        last->next = rest;
        posted = errno == 0 ? count : refused is null ? 0 : (int)(refused - start);
        return errno;
    }

    /// <summary>What an errno of <see cref="Post"/> says, as for every other call.</summary>
    public VerbsException PostFailed(int errno) => VerbsException.Of("ibv_post_send", _subject, errno);

    /// <summary>Destroys it; the other end notices when it asks.</summary>
    public void Dispose() => _handle.Dispose();

    private void Modify(ibv_qp_attr attributes, int mask, string step)
    {
        using var use = _handle.Hold();
        var errno = Ibverbs.ibv_modify_qp((ibv_qp*)use.Pointer, &attributes, mask);
        if (errno != 0)
            throw VerbsException.Of("ibv_modify_qp", $"{_subject} ({step})", errno);
    }

    private void TryReset()
    {
        try
        {
            Reset();
        }
        catch (VerbsException)
        {
            // The step that failed is the news.
        }
    }
}

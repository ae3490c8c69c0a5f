namespace MicroView.Verbs;

/// <summary>What a queue pair is told on its way to ready: what both ends can do, and times that end.</summary>
internal static class Connection
{
    // 4.096 µs · 2^14 = 67 ms without an answer until a packet is sent again, six times. Seven would be for ever on some devices, and so would timeout 0.
    private const byte Timeout = 14, Retries = 6;
    // 7: for ever. A READ needs no receive buffer there, so that this never happens. 12: 0.64 ms.
    private const byte NotReadyRetries = 7, NotReadyTimer = 12;
    private const byte Hops = 64;
    private const uint SequenceMask = 0xFFFFFF;

    internal const int ResetMask = VerbsValues.IBV_QP_STATE;
    internal const int InitMask = VerbsValues.IBV_QP_STATE | VerbsValues.IBV_QP_PKEY_INDEX | VerbsValues.IBV_QP_PORT | VerbsValues.IBV_QP_ACCESS_FLAGS;
    internal const int ReceiveMask = VerbsValues.IBV_QP_STATE | VerbsValues.IBV_QP_AV | VerbsValues.IBV_QP_PATH_MTU | VerbsValues.IBV_QP_DEST_QPN
        | VerbsValues.IBV_QP_RQ_PSN | VerbsValues.IBV_QP_MAX_DEST_RD_ATOMIC | VerbsValues.IBV_QP_MIN_RNR_TIMER;
    internal const int SendMask = VerbsValues.IBV_QP_STATE | VerbsValues.IBV_QP_TIMEOUT | VerbsValues.IBV_QP_RETRY_CNT | VerbsValues.IBV_QP_RNR_RETRY
        | VerbsValues.IBV_QP_SQ_PSN | VerbsValues.IBV_QP_MAX_QP_RD_ATOMIC;

    internal static ibv_qp_attr ToState(QueuePairState state) => new() { qp_state = (uint)state };

    internal static ibv_qp_attr ToInit(LocalEnd local, RegionAccess remoteAccess) => ToState(QueuePairState.Init) with
    {
        port_num = (byte)local.Port,
        qp_access_flags = (uint)remoteAccess,
    };

    internal static ibv_qp_attr ToReceive(LocalEnd local, RemoteEnd remote) => ToState(QueuePairState.ReadyToReceive) with
    {
        ah_attr = Address(local, remote),
        path_mtu = (uint)PathMtuBytes.Smaller(local.Mtu, remote.Mtu),
        dest_qp_num = remote.QueuePair,
        rq_psn = remote.PacketSequence & SequenceMask,
        max_dest_rd_atomic = Reads(local.ReadsAnswered, remote.ReadsSent),
        min_rnr_timer = NotReadyTimer,
    };

    internal static ibv_qp_attr ToSend(LocalEnd local, RemoteEnd remote) => ToState(QueuePairState.ReadyToSend) with
    {
        timeout = Timeout,
        retry_cnt = Retries,
        rnr_retry = NotReadyRetries,
        sq_psn = local.PacketSequence & SequenceMask,
        max_rd_atomic = Reads(local.ReadsSent, remote.ReadsAnswered),
    };

    /// <summary>RoCE goes by GIDs alone; InfiniBand by the local identifier, and by GIDs only from subnet to subnet.</summary>
    private static ibv_ah_attr Address(LocalEnd local, RemoteEnd remote)
    {
        var isInfiniBand = local.Gid.Type == GidType.InfiniBand;
        var address = new ibv_ah_attr { port_num = (byte)local.Port, dlid = isInfiniBand ? remote.Lid : (ushort)0 };
        if (isInfiniBand && remote.Lid != 0 && local.Gid.Gid.SubnetPrefix == remote.Gid.SubnetPrefix)
            return address;
        address.is_global = 1;
        address.grh = new() { sgid_index = (byte)local.Gid.Index, hop_limit = Hops };
        address.grh.dgid.Value = remote.Gid;
        return address;
    }

    private static byte Reads(int one, int other) => (byte)Math.Clamp(Math.Min(one, other), 1, byte.MaxValue);
}

namespace MicroView.Verbs;

/// <summary>Values of C headers under their C names; a test compiles each of them against the headers.</summary>
internal static class VerbsValues
{
    internal const int IBV_LINK_LAYER_ETHERNET = 2;
    internal const int IBV_PORT_ACTIVE = 4;
    internal const int IBV_QPT_RC = 2;
    internal const int IBV_WR_RDMA_WRITE = 0, IBV_WR_RDMA_READ = 4;
    internal const int IBV_SEND_SIGNALED = 2;

    internal const int IBV_QP_STATE = 1, IBV_QP_ACCESS_FLAGS = 1 << 3, IBV_QP_PKEY_INDEX = 1 << 4, IBV_QP_PORT = 1 << 5, IBV_QP_AV = 1 << 7,
        IBV_QP_PATH_MTU = 1 << 8, IBV_QP_TIMEOUT = 1 << 9, IBV_QP_RETRY_CNT = 1 << 10, IBV_QP_RNR_RETRY = 1 << 11, IBV_QP_RQ_PSN = 1 << 12,
        IBV_QP_MAX_QP_RD_ATOMIC = 1 << 13, IBV_QP_MIN_RNR_TIMER = 1 << 15, IBV_QP_SQ_PSN = 1 << 16, IBV_QP_MAX_DEST_RD_ATOMIC = 1 << 17,
        IBV_QP_DEST_QPN = 1 << 20;

    internal const int EPERM = 1, ENOENT = 2, EINTR = 4, ENXIO = 6, EAGAIN = 11, ENOMEM = 12, EACCES = 13, EFAULT = 14, ENODEV = 19, EINVAL = 22,
        ENOSYS = 38, ENODATA = 61;

    internal const int F_GETFL = 3, F_SETFL = 4, O_NONBLOCK = 0x800, POLLIN = 1, RLIMIT_MEMLOCK = 8;
}

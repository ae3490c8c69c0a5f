namespace MicroView.Verbs;

/// <summary>What became of a request; values as in verbs. <see cref="CompletionStatusText.Describe"/> says them in words.</summary>
public enum CompletionStatus
{
    /// <summary>Done.</summary>
    Success = 0,

    /// <summary>IBV_WC_LOC_LEN_ERR.</summary>
    LocalLength = 1,

    /// <summary>IBV_WC_LOC_QP_OP_ERR.</summary>
    LocalQueuePairOperation = 2,

    /// <summary>IBV_WC_LOC_EEC_OP_ERR.</summary>
    LocalContextOperation = 3,

    /// <summary>IBV_WC_LOC_PROT_ERR.</summary>
    LocalProtection = 4,

    /// <summary>IBV_WC_WR_FLUSH_ERR.</summary>
    Flushed = 5,

    /// <summary>IBV_WC_MW_BIND_ERR.</summary>
    MemoryWindowBind = 6,

    /// <summary>IBV_WC_BAD_RESP_ERR.</summary>
    BadResponse = 7,

    /// <summary>IBV_WC_LOC_ACCESS_ERR.</summary>
    LocalAccess = 8,

    /// <summary>IBV_WC_REM_INV_REQ_ERR.</summary>
    RemoteInvalidRequest = 9,

    /// <summary>IBV_WC_REM_ACCESS_ERR.</summary>
    RemoteAccess = 10,

    /// <summary>IBV_WC_REM_OP_ERR.</summary>
    RemoteOperation = 11,

    /// <summary>IBV_WC_RETRY_EXC_ERR.</summary>
    RetriesExceeded = 12,

    /// <summary>IBV_WC_RNR_RETRY_EXC_ERR.</summary>
    ReceiverNotReady = 13,

    /// <summary>IBV_WC_LOC_RDD_VIOL_ERR.</summary>
    LocalReadDomain = 14,

    /// <summary>IBV_WC_REM_INV_RD_REQ_ERR.</summary>
    RemoteInvalidReadDomain = 15,

    /// <summary>IBV_WC_REM_ABORT_ERR.</summary>
    RemoteAborted = 16,

    /// <summary>IBV_WC_INV_EECN_ERR.</summary>
    InvalidContextNumber = 17,

    /// <summary>IBV_WC_INV_EEC_STATE_ERR.</summary>
    InvalidContextState = 18,

    /// <summary>IBV_WC_FATAL_ERR.</summary>
    Fatal = 19,

    /// <summary>IBV_WC_RESP_TIMEOUT_ERR.</summary>
    ResponseTimeout = 20,

    /// <summary>IBV_WC_GENERAL_ERR.</summary>
    General = 21,

    /// <summary>IBV_WC_TM_ERR.</summary>
    TagMatching = 22,

    /// <summary>IBV_WC_TM_RNDV_INCOMPLETE.</summary>
    TagMatchingIncomplete = 23,
}

/// <summary>A request that has ended.</summary>
/// <param name="Id">What the request was given.</param>
/// <param name="Status">What became of it.</param>
/// <param name="QueuePair">Number of the queue pair it was posted to.</param>
public readonly record struct Completion(ulong Id, CompletionStatus Status, uint QueuePair = 0);

/// <summary>Completion errors in words.</summary>
public static class CompletionStatusText
{
    /// <summary>What happened and what it means, such as "remote access error: the key or the range is not valid there".</summary>
    public static string Describe(this CompletionStatus status) => status switch
    {
        CompletionStatus.Success => "success",
        CompletionStatus.LocalLength => "local length error: the request is longer than the device allows",
        CompletionStatus.LocalQueuePairOperation => "local queue pair error: the request is not consistent with the queue pair",
        CompletionStatus.LocalContextOperation => "local end-to-end context error",
        CompletionStatus.LocalProtection => "local protection error: the local key or range is not valid here",
        CompletionStatus.Flushed => "flushed: an earlier error, or a reset, had ended the connection",
        CompletionStatus.MemoryWindowBind => "memory window bind error",
        CompletionStatus.BadResponse => "bad response: the other end's answer makes no sense",
        CompletionStatus.LocalAccess => "local access error: the answer could not be written to local memory",
        CompletionStatus.RemoteInvalidRequest => "remote invalid request: the other end does not support or allow the operation",
        CompletionStatus.RemoteAccess => "remote access error: the key or the range is not valid there",
        CompletionStatus.RemoteOperation => "remote operation error: the other end could not complete it",
        CompletionStatus.RetriesExceeded => "retries exceeded: the other end does not answer (gone, reset, or unreachable)",
        CompletionStatus.ReceiverNotReady => "receiver not ready: the other end has no buffer for a message",
        CompletionStatus.LocalReadDomain => "local reliable datagram domain error",
        CompletionStatus.RemoteInvalidReadDomain => "remote invalid reliable datagram request",
        CompletionStatus.RemoteAborted => "remote abort: the other end gave the operation up",
        CompletionStatus.InvalidContextNumber => "invalid end-to-end context number",
        CompletionStatus.InvalidContextState => "invalid end-to-end context state",
        CompletionStatus.Fatal => "fatal error of the device",
        CompletionStatus.ResponseTimeout => "response timeout",
        CompletionStatus.General => "general error of the device",
        CompletionStatus.TagMatching => "tag matching error",
        CompletionStatus.TagMatchingIncomplete => "tag matching incomplete: software must finish the rendezvous",
        _ => $"unknown completion status {(int)status}",
    };
}

using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>Why a request is not granted, for the peer and for the counters.</summary>
internal sealed record Refusal(RefusalReason Reason, string Problem)
{
    internal ErrorReply Reply => new(
        Reason switch
        {
            RefusalReason.Protocol or RefusalReason.Silent => ErrorCodes.Protocol,
            RefusalReason.PodInUse => ErrorCodes.PodInUse,
            RefusalReason.Full or RefusalReason.Connections => ErrorCodes.Full,
            RefusalReason.Forbidden => ErrorCodes.Forbidden,
            RefusalReason.NotFound => ErrorCodes.NotFound,
            _ => ErrorCodes.Invalid,
        },
        Problem);
}

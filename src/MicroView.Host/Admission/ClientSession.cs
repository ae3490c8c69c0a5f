using Microsoft.Win32.SafeHandles;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>A connection in the client role: one pod, retired when the connection ends.</summary>
internal sealed class ClientSession(ControlSession session)
{
    private readonly HostState _state = session.State;
    private readonly PodAdmission _admission = new(session.State);

    internal async Task RunAsync(AttachRequest request, SafeFileHandle file)
    {
        var (pod, refusal) = _admission.Attach(request, file, session.Peer);
        if (pod is null)
        {
            await session.RefuseAsync(refusal!).ConfigureAwait(false);
            return;
        }
        try
        {
            _state.Log.Attached(pod.Id, session.Peer.UserId, session.Peer.ProcessId);
            await session.SendAsync(new AttachedReply(pod.Id, pod.Identity.Verified)).ConfigureAwait(false);
            while (await session.ReceiveAsync().ConfigureAwait(false) is { } received)
                if (!await AnswerAsync(pod, received).ConfigureAwait(false))
                    return;
        }
        finally
        {
            _state.Retirement.Retire(pod);
            _state.Log.Left(pod.Id);
        }
    }

    /// <summary>False when the client has left.</summary>
    private async Task<bool> AnswerAsync(ServedPod pod, ReceivedMessage received)
    {
        if (received.Files.Count != (received.Message is AttachObjectRequest ? 1 : 0))
        {
            received.CloseFiles();
            throw new ControlProtocolException($"{received.Files.Count} descriptors came with a message that takes {(received.Message is AttachObjectRequest ? 1 : 0)}");
        }
        switch (received.Message)
        {
            case AttachObjectRequest request:
                await OkAsync(_admission.AttachObject(pod, request.Object, received.Files[0], session.Peer)).ConfigureAwait(false);
                return true;
            case DescribeRequest request:
                await DescribeAsync(pod, request).ConfigureAwait(false);
                return true;
            case RetireRequest request:
                await OkAsync(_state.Book.Retire(pod, request.Slots) is { } problem ? new(RefusalReason.Invalid, problem) : null).ConfigureAwait(false);
                return true;
            case DetachRequest:
                _state.Retirement.Retire(pod);
                await OkAsync(null).ConfigureAwait(false);
                return false;
            default:
                throw new ControlProtocolException("after attach come attach_object, describe, retire or detach");
        }
    }

    private async Task DescribeAsync(ServedPod pod, DescribeRequest request)
    {
        var rejected = new List<RejectedSlot>();
        if (_state.Describe(pod, request.FirstSlot, request.Descriptors, rejected, out var slots) is { } problem)
        {
            await session.RefuseAsync(new(RefusalReason.Invalid, problem)).ConfigureAwait(false);
            return;
        }
        _state.Metrics.Refused(RefusalReason.Descriptor, rejected.Count);
        await session.SendAsync(new DescribedReply(slots, rejected.Count == 0 ? null : Shorten(rejected))).ConfigureAwait(false);
    }

    /// <summary>Reasons quote names; 4096 long ones would not fit a frame.</summary>
    private static List<RejectedSlot> Shorten(List<RejectedSlot> rejected) =>
        rejected.ConvertAll(slot => slot.Reason.Length <= 100 || rejected.Count <= 64 ? slot : slot with { Reason = "see the descriptor's rules in docs/control-plane.md" });

    private ValueTask OkAsync(Refusal? refusal) => refusal is null ? session.SendAsync(new OkReply()) : session.RefuseAsync(refusal);
}

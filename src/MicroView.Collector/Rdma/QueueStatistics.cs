using MicroView.Verbs;

namespace MicroView.Collector;

/// <summary>What one LMAP's queue has done. Written by whoever owns the queue, read by any: each figure is one aligned word.</summary>
internal sealed class QueueStatistics
{
    /// <summary>Statuses that are counted by themselves; the rest is one.</summary>
    public static readonly IReadOnlyList<(CompletionStatus Status, string Name)> Errors =
    [
        (CompletionStatus.RemoteAccess, "remote_access"), (CompletionStatus.RemoteInvalidRequest, "remote_invalid_request"),
        (CompletionStatus.RetriesExceeded, "retries_exceeded"), (CompletionStatus.Flushed, "flushed"),
        (CompletionStatus.LocalProtection, "local_protection"),
    ];

    private readonly long[] _errors = new long[Errors.Count + 1];

    /// <summary>READs that completed.</summary>
    public long Reads { get; internal set; }

    /// <summary>Bytes that they brought.</summary>
    public long Bytes { get; internal set; }

    /// <summary>Control words written.</summary>
    public long Words { get; internal set; }

    /// <summary>Times it was connected after the first.</summary>
    public long Reconnects { get; internal set; }

    /// <summary>Times that no completion came at all.</summary>
    public long Timeouts { get; internal set; }

    /// <summary>Pods that are not read for a while, because the agent's machine refused a READ of theirs.</summary>
    public int FaultedPods { get; internal set; }

    /// <summary>Completions with an error, by place in <see cref="Errors"/>; behind them the others.</summary>
    public long ErrorsOf(int place) => _errors[place];

    internal void Count(CompletionStatus status)
    {
        for (var i = 0; i < Errors.Count; i++)
            if (Errors[i].Status == status)
            {
                _errors[i]++;
                return;
            }
        _errors[^1]++;
    }
}

using Microsoft.Extensions.Logging;

namespace MicroView.Host;

/// <summary>The agent's log lines.</summary>
internal static partial class HostLog
{
    [LoggerMessage(1, LogLevel.Information, "listening on {Socket}{Rest}")]
    internal static partial void Listening(this ILogger log, string socket, string rest);

    [LoggerMessage(2, LogLevel.Information, "0 queues without an RDMA device: {Reason}")]
    internal static partial void NoQueues(this ILogger log, string reason);

    [LoggerMessage(3, LogLevel.Debug, "pod {Pod} attached by uid {User}, pid {Process}")]
    internal static partial void Attached(this ILogger log, string pod, uint user, int process);

    [LoggerMessage(4, LogLevel.Debug, "pod {Pod} left")]
    internal static partial void Left(this ILogger log, string pod);

    [LoggerMessage(5, LogLevel.Information, "reader {Name} attached (uid {User}, pid {Process})")]
    internal static partial void Reading(this ILogger log, string name, uint user, int process);

    [LoggerMessage(6, LogLevel.Debug, "refused uid {User}, pid {Process}: {Problem}")]
    internal static partial void Refused(this ILogger log, uint user, int process, string problem);

    [LoggerMessage(7, LogLevel.Warning, "pod {Pod} is quarantined: {Problem}")]
    internal static partial void Quarantined(this ILogger log, string pod, string problem);

    [LoggerMessage(8, LogLevel.Information, "adopted {Adopted} REST segments of an earlier agent, removed {Removed} that nobody holds")]
    internal static partial void Adopted(this ILogger log, int adopted, int removed);

    [LoggerMessage(9, LogLevel.Error, "{Where} failed and goes on: {Problem}")]
    internal static partial void Unexpected(this ILogger log, string where, string problem);
}

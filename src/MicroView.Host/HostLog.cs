using Microsoft.Extensions.Logging;

namespace MicroView.Host;

/// <summary>The agent's log lines.</summary>
internal static partial class HostLog
{
    [LoggerMessage(1, LogLevel.Information, "listening on {Socket}{Rest}")]
    internal static partial void Listening(this ILogger log, string socket, string rest);

    [LoggerMessage(2, LogLevel.Information, "0 queue pairs: {Reason}")]
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

    [LoggerMessage(10, LogLevel.Information, "RDMA device {Device} port {Port}: {Queues} queue pairs, GID {Gid}")]
    internal static partial void DeviceOpened(this ILogger log, string device, int port, int queues, string gid);

    [LoggerMessage(11, LogLevel.Information, "QP {Number}, GID {Gid}: connected by '{Owner}' (QP {PeerNumber}, GID {PeerGid})")]
    internal static partial void QueueConnected(this ILogger log, uint number, string gid, string owner, uint peerNumber, string peerGid);

    [LoggerMessage(12, LogLevel.Information, "QP {Number} of '{Owner}' is free: {Reason}")]
    internal static partial void QueueFreed(this ILogger log, uint number, string owner, string reason);

    [LoggerMessage(13, LogLevel.Warning, "QP {Number} of '{Owner}' is in error; it works again when its collector connects it anew")]
    internal static partial void QueueFailed(this ILogger log, uint number, string owner);

    [LoggerMessage(14, LogLevel.Warning, "pod {Pod} cannot be read by RDMA: {Problem}")]
    internal static partial void NotRegistered(this ILogger log, string pod, string problem);

    [LoggerMessage(15, LogLevel.Information, "QP {Number}, GID {Gid}")]
    internal static partial void QueueMade(this ILogger log, uint number, string gid);

    [LoggerMessage(17, LogLevel.Warning, "reader {Name} has not acknowledged generation {Generation} for {Seconds} s: its lease is ended")]
    internal static partial void ReaderBehind(this ILogger log, string name, ulong generation, double seconds);

    [LoggerMessage(18, LogLevel.Warning, "the certificate stays as it was: {Problem}")]
    internal static partial void KeptCertificate(this ILogger log, string problem);

    [LoggerMessage(16, LogLevel.Warning, "locked memory is limited to {Limit} KiB, enough for about {Pods} small pods over RDMA; raise it: ulimit -l unlimited, LimitMEMLOCK=infinity in the unit, or run as root")]
    internal static partial void LittleLockedMemory(this ILogger log, long limit, long pods);
}

using MicroView.Protocol;
using Microsoft.Extensions.Logging;

namespace MicroView.Host;

/// <summary>What the parts of one agent share.</summary>
internal sealed class HostState
{
    internal HostState(HostOptions options, string? token, ILogger log)
    {
        (Options, Log, Roles) = (options, log, new(token, options.Collectors));
        Quota = new(options);
        Readers = new(TimeSpan.FromMilliseconds(options.LeaseMs));
        Retirement = new(Book, Readers, Quota, Metrics);
    }

    internal HostOptions Options { get; }

    internal ILogger Log { get; }

    internal HostMetrics Metrics { get; } = new();

    internal LayoutBook Book { get; } = new();

    internal RoleRules Roles { get; }

    internal PoolQuota Quota { get; }

    internal ReaderLeases Readers { get; }

    internal Retirement Retirement { get; }

    internal uint UserId { get; } = Machine.UserId;

    /// <summary>Counts and logs a refusal.</summary>
    internal void Refuse(RefusalReason reason, in PeerCredentials peer, string problem)
    {
        Metrics.Refused(reason);
        Log.Refused(peer.UserId, peer.ProcessId, problem);
    }
}

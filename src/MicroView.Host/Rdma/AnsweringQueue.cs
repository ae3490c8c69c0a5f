using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Host;

/// <summary>A queue pair that answers a collector's READs; the device's, or a test's own. For one caller at a time, but for <see cref="End"/>.</summary>
internal interface IAnsweringQueue : IDisposable
{
    /// <summary>What a peer must know of it; never changes.</summary>
    QueuePairEnd End { get; }

    /// <exception cref="IOException">The device does not say.</exception>
    QueuePairState State { get; }

    /// <summary>From any state to one that answers. May wait for the network: RoCE resolves the peer's address.</summary>
    /// <exception cref="IOException">The device refused.</exception>
    void Connect(QueuePairEnd peer, Gid gid);

    /// <summary>Nobody reaches memory through it any more.</summary>
    /// <exception cref="IOException">The device refused.</exception>
    void Reset();
}

/// <summary>Who connects a queue pair: a lease, or, without one, an address.</summary>
/// <param name="Name">For people, and to know the same collector again.</param>
/// <param name="Lease">The lease that ends its hold; null: an artifact's peer, which has none.</param>
internal sealed record QueueOwner(string Name, ReaderLease? Lease);

using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>Where an agent is, and how it is spoken to.</summary>
internal abstract class ControlPlane : IDisposable
{
    /// <summary>Opens a session.</summary>
    /// <exception cref="IOException">There is none to be had: one line says where and why. <see cref="SessionRefusedException"/>: the role is missing.</exception>
    public abstract Task<ControlPlaneConnection> OpenAsync(CancellationToken cancellation);

    /// <summary>Gives back what is held beyond a connection, once nothing is read any more; a short try.</summary>
    public virtual Task LeaveAsync() => Task.CompletedTask;

    public abstract void Dispose();
}

/// <summary>A session with an agent. The layout is asked for by one caller at a time; rates beside it, by another.</summary>
internal abstract class ControlPlaneConnection : IAsyncDisposable
{
    /// <summary>The agent's address, for people.</summary>
    public abstract string Place { get; }

    /// <summary>How long the agent may wait with an answer, ms: over a connection that is the lease, long; else half of the lease, which asking renews.</summary>
    public abstract int PatienceMs { get; }

    /// <summary>Asks what changed since a generation, which renews the lease; 0: everything.</summary>
    /// <param name="since">The last generation in force.</param>
    /// <param name="timeoutMs">How long the agent may wait for a change.</param>
    /// <param name="files">Takes the files that come with it.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <exception cref="IOException">The session is over.</exception>
    public abstract Task<LayoutUpdate> AskAsync(ulong since, int timeoutMs, HandedFiles files, CancellationToken cancellation);

    /// <summary>The first layout of the session is in force: the LMAPs may read by it.</summary>
    public virtual void BeginReading()
    {
    }

    /// <summary>Says that nothing of a layout older than a generation is read any more.</summary>
    public abstract Task AcknowledgeAsync(ulong generation, CancellationToken cancellation);

    /// <summary>Renews the lease while a layout is still being applied.</summary>
    /// <param name="acknowledged">What was acknowledged last.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    public abstract Task RenewAsync(ulong acknowledged, CancellationToken cancellation);

    /// <summary>Asks for, or renews, the hold on pods' trace sampling rates; an answer for each wish.</summary>
    /// <exception cref="IOException">The agent does not answer.</exception>
    public abstract Task<IReadOnlyList<RateGrant>> HoldAsync(IReadOnlyList<RateWish> wishes, CancellationToken cancellation);

    public abstract ValueTask DisposeAsync();
}

/// <summary>The agent refuses the session: the collector role is missing.</summary>
public sealed class SessionRefusedException(string message) : IOException(message);

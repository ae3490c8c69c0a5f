using System.Net;
using MicroView.Verbs;

namespace MicroView.Collector;

/// <summary>What the collector needs of an RDMA device; the seam at which tests put memory of their own. Thread-safe.</summary>
internal abstract class RdmaAdapter : IDisposable
{
    /// <summary>The device's name and port, for people.</summary>
    public abstract string Name { get; }

    /// <summary>A queue pair with a completion queue of its own, not connected.</summary>
    /// <exception cref="VerbsException">The device refuses.</exception>
    public abstract SendQueue CreateQueue();

    /// <summary>Memory that READs land in and WRITEs leave from.</summary>
    /// <exception cref="VerbsException">It cannot be registered.</exception>
    public abstract LandingBlock Allocate(int bytes);

    /// <summary>This end as it is now, its packet sequence left open, and its port's local identifier.</summary>
    /// <param name="local">The address that leads to the agent: chooses the GID where the user has not.</param>
    /// <exception cref="IOException">The port is down, or has no such GID.</exception>
    public abstract (LocalEnd End, ushort Lid) Describe(IPAddress? local);

    public abstract void Dispose();
}

/// <summary>Registered memory.</summary>
internal abstract class LandingBlock : IDisposable
{
    public abstract int Length { get; }

    public abstract ulong Address { get; }

    public abstract uint LocalKey { get; }

    public abstract Span<byte> Span(int offset, int length);

    public abstract void Dispose();
}

/// <summary>A queue pair, its completions and its chain of requests. For one thread at a time: <see cref="LmapQueue"/> says whose.</summary>
internal abstract class SendQueue : IDisposable
{
    /// <summary>Its number.</summary>
    public abstract uint Number { get; }

    /// <summary>Requests that may be posted and not completed.</summary>
    public abstract int Depth { get; }

    /// <summary>Makes room for a chain; what was written into it before is lost when it grows.</summary>
    public abstract void Reserve(int requests);

    public abstract void SetRead(int at, ulong id, ulong localAddress, uint localKey, int length, ulong remoteAddress, uint remoteKey);

    public abstract void SetWrite(int at, ulong id, ulong localAddress, uint localKey, int length, ulong remoteAddress, uint remoteKey);

    public abstract void SetSignaled(int at, bool signaled);

    /// <summary>Posts a run of the chain with one doorbell; 0, or the errno of the first that was not taken.</summary>
    public abstract int Post(int first, int count, out int posted);

    /// <summary>What an errno of <see cref="Post"/> says: call, queue pair, errno.</summary>
    public abstract VerbsException PostFailed(int errno);

    /// <summary>Takes completions; never waits.</summary>
    public abstract int Poll(Span<Completion> into);

    /// <summary>Sleeps until there may be one, or the time is over (false).</summary>
    public abstract bool Wait(TimeSpan timeout);

    /// <summary>From any state to ready.</summary>
    /// <exception cref="VerbsException">The device refuses.</exception>
    public abstract void Connect(LocalEnd local, RemoteEnd remote);

    /// <summary>From any state to ERR: what is posted completes as flushed. For tests of faults, from any thread.</summary>
    public abstract void Fail();

    /// <summary>From any state to RESET: on return nothing that was posted touches memory any more.</summary>
    /// <exception cref="VerbsException">The device refuses.</exception>
    public abstract void Reset();

    public abstract void Dispose();
}

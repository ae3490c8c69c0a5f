namespace MicroView.Collector;

/// <summary>Where layouts come from: a session with an agent, or a recording.</summary>
internal abstract class LayoutSession : IAsyncDisposable
{
    /// <summary>Whether it is connected, where, and if not why.</summary>
    public abstract ConnectionView View { get; }

    /// <summary>Sessions with an agent so far.</summary>
    public abstract long Sessions { get; }

    /// <summary>Completes with the first layout in force; fails when there will be none.</summary>
    public abstract Task FirstLayout { get; }

    public abstract void Start();

    /// <summary>A pod's header has moved: a newer layout is wanted soon. Thread-safe, never waits.</summary>
    public virtual void Hurry()
    {
    }

    public abstract ValueTask DisposeAsync();
}

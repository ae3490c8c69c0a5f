using Microsoft.Win32.SafeHandles;
using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Host;

/// <summary>
/// The agent's hold on one pod's memory. Thread-safe: each has its own lock, which nothing else is taken inside of; after
/// <see cref="Close"/> every call is harmless.
/// </summary>
internal interface IPodMemory
{
    /// <summary>The control word; null when it cannot be read.</summary>
    ControlWord? Control { get; set; }

    /// <summary>Bytes that count against the pool.</summary>
    long Capacity { get; }

    /// <summary>False when the header or the size is no longer what the agent admitted.</summary>
    bool IsIntact { get; }

    /// <summary>Stores the layout generation in every object's header.</summary>
    void SetGeneration(ulong generation);

    /// <summary>Its heartbeats move with these from now on; null: no more.</summary>
    void Follow(Heartbeats? beats);

    /// <summary>Opens object <paramref name="index"/> again, for reading only; null when it is gone.</summary>
    SafeFileHandle? OpenReadOnly(int index);

    /// <summary>Copies the current values of the first slots, folded.</summary>
    bool TryRead(Span<double> values);

    /// <summary>Registers a part of object <paramref name="index"/>; null when it is gone. <see cref="Close"/> must not be called meanwhile.</summary>
    /// <exception cref="IOException">The kernel refused.</exception>
    IRegion? Register(IRegistrar registrar, int index, int offset, long length, RegionAccess access, string subject);

    /// <summary>Gives the memory up; its regions are to be deregistered before.</summary>
    void Close();
}

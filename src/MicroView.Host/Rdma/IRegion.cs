using MicroView.Verbs;

namespace MicroView.Host;

/// <summary>Registered memory; disposing deregisters it. What it was registered from may have been unmapped before.</summary>
internal interface IRegion : IDisposable
{
    ulong Address { get; }

    uint RemoteKey { get; }

    uint LocalKey { get; }

    long Length { get; }
}

/// <summary>Registers memory: the device's protection domain, or a test's own.</summary>
internal interface IRegistrar
{
    /// <exception cref="IOException">The kernel refused; one line says why, and what to do.</exception>
    IRegion Register(nint address, long length, RegionAccess access, object? owner, string subject);
}

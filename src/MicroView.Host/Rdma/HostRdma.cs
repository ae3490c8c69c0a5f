using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Host;

/// <summary>What the agent serves by RDMA: regions of pods, and the queue pairs that reach them. Thread-safe.</summary>
internal sealed class HostRdma : IDisposable
{
    // A control page and a page of values, and while it grows both the old and the new region.
    private const long EnoughLockedMemory = 64L << 20, LockedPerPod = 3 * PageFormat.PageSize;
    private readonly HostState _state;
    private readonly IDisposable? _device;

    /// <summary>Serves a device, or a test's own registrar and queues.</summary>
    internal HostRdma(HostState state, IRegistrar registrar, IEnumerable<IAnsweringQueue> queues, IDisposable? device = null)
    {
        (_state, _device) = (state, device);
        Queues = new(queues, state.Readers, state.Log);
        Regions = new(registrar, state);
    }

    internal QueuePool Queues { get; }

    internal RegionBook Regions { get; }

    /// <summary>Pods whose control word a collector holds.</summary>
    internal int TermsHeld => _state.Book.Snapshot().Count(pod => pod.Rate.IsHeld);

    /// <summary>Makes the queue pairs and says which they are. Owns the device, also when it fails.</summary>
    /// <exception cref="VerbsException">The device does not make so many.</exception>
    internal static HostRdma Serve(HostState state, HostDevice device)
    {
        var queues = new List<IAnsweringQueue>();
        try
        {
            for (var i = 0; i < state.Options.RdmaQueues; i++)
                queues.Add(device.CreateQueue());
        }
        catch (VerbsException error)
        {
            queues.ForEach(queue => queue.Dispose());
            device.Dispose();
            throw new VerbsException(error.Call, error.Subject, error.Errno, $"{device.Name} makes {queues.Count} of {state.Options.RdmaQueues} queue pairs: {error.Message}");
        }
        state.Log.DeviceOpened(device.Name, device.Port.Port, queues.Count, device.Gid.Gid.ToString());
        foreach (var queue in queues)
            state.Log.QueueMade(queue.End.QpNum, queue.End.Gid);
        if (!Machine.IsRoot && Machine.LockedMemoryLimit is >= 0 and < EnoughLockedMemory and var limit)
            state.Log.LittleLockedMemory(limit >> 10, limit / LockedPerPod);
        return new(state, state.Options.Registrar?.Invoke(device) ?? device, queues, device);
    }

    /// <summary>Every region, as the artifact's collectors ask for them.</summary>
    internal MemoryRegionList Describe() =>
        new([.. _state.Book.Snapshot().SelectMany(pod => pod.Regions?.Describe(pod.Id) ?? [])]);

    public void Dispose()
    {
        Queues.Dispose();
        _device?.Dispose();
    }
}

using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;
using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Collector;

/// <summary>
/// Pods of another machine (or of this one) by one-sided RDMA READs: one protection domain, landing memory that all share, and a queue pair for each LMAP.
/// </summary>
internal sealed class VerbsTransport : PageTransport, IDisposable
{
    private readonly LandingMemory _memory;
    private readonly bool _sharesClock;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _givenBack = new(0);
    private readonly List<LmapQueue> _queues = [];

    /// <summary>Makes the queue pairs; they are connected by a <see cref="QueueKeeper"/>.</summary>
    /// <param name="adapter">The device; owned.</param>
    /// <param name="lmaps">How many LMAPs.</param>
    /// <param name="spin">LMAPs spin for completions.</param>
    /// <param name="sharesClock">The agent is on this machine.</param>
    /// <param name="logger">For what a pod lacks.</param>
    /// <exception cref="VerbsException">The device refuses a queue pair.</exception>
    public VerbsTransport(RdmaAdapter adapter, int lmaps, bool spin, bool sharesClock, ILogger logger)
    {
        (Adapter, _memory, _sharesClock, _logger) = (adapter, new LandingMemory(adapter), sharesClock, logger);
        try
        {
            for (var i = 0; i < lmaps; i++)
                _queues.Add(new LmapQueue(i, adapter.CreateQueue(), _memory, spin, GivenBack));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override string Name => "verbs";

    /// <inheritdoc/>
    public override bool TakesFiles => false;

    public RdmaAdapter Adapter { get; }

    /// <summary>A queue per LMAP, in order.</summary>
    public IReadOnlyList<LmapQueue> Queues => _queues;

    public LandingMemory Memory => _memory;

    /// <inheritdoc/>
    public override PageSource Open(PodLayout layout, int slots, PageSource? former, IReadOnlyList<SafeFileHandle> files)
    {
        ArgumentNullException.ThrowIfNull(layout);
        var readable = ReadableObjects.Of(layout, slots);
        if (readable.Problem is { } problem && (former as VerbsSource)?.Slots != readable.Slots)
            _logger.LogWarning("Pod {Pod}: {Problem}", layout.Pod, problem);
        var source = new VerbsSource(layout, readable.Readers, readable.Slots, readable.Regions, _memory, _sharesClock);
        if (former is VerbsSource before)
            source.Inherit(before);
        return source;
    }

    /// <summary>Waits until a queue pair may have come back to the keeper, or for the time.</summary>
    public Task WaitGivenBackAsync(TimeSpan time, CancellationToken cancellation) => _givenBack.WaitAsync(time, cancellation);

    /// <summary>Destroys the queue pairs, then the memory they wrote to, then closes the device. The LMAPs must have ended, and every source be disposed.</summary>
    public void Dispose()
    {
        foreach (var queue in _queues)
            queue.Dispose();
        _memory.Dispose();
        Adapter.Dispose();
        _givenBack.Dispose();
    }

    internal override ScrapeReads ReadsOf(int lmap) => _queues[lmap];

    private void GivenBack() => _givenBack.Release();
}

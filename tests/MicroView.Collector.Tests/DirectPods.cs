using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;
using MicroView.Analysis;
using MicroView.Protocol;

namespace MicroView.Collector.Tests;

/// <summary>Pods given to an LMAP directly, and scraped by the test's own thread and clock.</summary>
internal static class DirectPods
{
    public const long Millisecond = 1_000_000;

    public static Lmap CreateLmap(long tickNs = 0) => new(0, new LmapOptions(tickNs), new SharedMemoryTransport(), NullLogger.Instance);

    public static (PageObject Page, MonitoredPod Pod) Create(string name, int metrics, AnalyzerOptions analysis, bool counters = false)
    {
        var page = PageObject.Create(name, new SlotGeometry(Math.Max(8192, (metrics * 8 + 8191) / 4096 * 4096), 1));
        var descriptors = Enumerable.Range(0, metrics)
            .Select(i => new SlotDescriptor { Name = $"m{i}", Type = counters && i % 2 == 0 ? MetricType.Counter : MetricType.Gauge }).ToArray();
        var layout = new PodLayout { Pod = name, Slots = metrics, Descriptors = descriptors };
        return (page, new MonitoredPod(layout, PodSchema.Compile(descriptors, []), Open(page, metrics), analysis));
    }

    public static SharedMemorySource Open(PageObject page, int slots) =>
        new([ObjectReader.Map(Duplicate(page.File), page.Geometry, page.Epoch)], slots);

    private static SafeFileHandle Duplicate(SafeFileHandle file) => MemoryFile.ReopenReadOnly(file);
}

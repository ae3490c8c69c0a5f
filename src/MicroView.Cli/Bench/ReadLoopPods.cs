using Microsoft.Extensions.Logging.Abstractions;
using MicroView.Analysis;
using MicroView.Collector;
using MicroView.Protocol;
using SlotType = MicroView.Protocol.MetricType;

namespace MicroView.Cli;

/// <summary>What is scraped: pods, their metrics (half counters, half gauges), stripes, and how they are analysed.</summary>
internal sealed record ReadLoopSetting(int Pods, int Metrics, int Stripes, AnalyzerOptions Analysis)
{
    /// <summary>ℓ as the detector chooses it.</summary>
    public int SketchRows => Analysis.Detector.SketchRows > 0 ? Analysis.Detector.SketchRows : Math.Max(2, (int)Math.Sqrt(Metrics));
}

/// <summary>
/// Pods in real sealed objects with a real LMAP over them, and the writer's side beside it. Time is passed in, a millisecond a round, so that rates
/// do not depend on how fast the loop runs. For one thread.
/// </summary>
internal sealed class ReadLoopPods : IDisposable
{
    private const long RoundNs = 1_000_000;
    private const int MaxLearningRounds = 100_000;

    private readonly PageObject[] _objects;
    private readonly ObjectReader[] _readers;
    private readonly Lmap _lmap;
    private readonly double[] _random;
    private readonly int _metrics;
    private long _now = RoundNs;
    private int _at;

    public ReadLoopPods(ReadLoopSetting setting, int seed)
    {
        var random = new Random(seed);
        _metrics = setting.Metrics;
        // A prime longer than a row: no metric meets the same values again soon.
        _random = [.. Enumerable.Range(0, 16_381 + setting.Metrics).Select(_ => random.NextDouble())];
        var lines = (setting.Metrics + PageFormat.SlotsPerLine - 1) / PageFormat.SlotsPerLine;
        var bytes = PageFormat.SlotsOffset + lines * setting.Stripes * PageFormat.LineSize;
        var geometry = new SlotGeometry((bytes + PageFormat.PageSize - 1) / PageFormat.PageSize * PageFormat.PageSize, setting.Stripes);
        (_objects, _readers) = (new PageObject[setting.Pods], new ObjectReader[setting.Pods]);
        try
        {
            for (var i = 0; i < setting.Pods; i++)
            {
                _objects[i] = PageObject.Create($"microview:bench-{i}", geometry);
                _readers[i] = HandOut(_objects[i], geometry);
            }
        }
        catch
        {
            Dispose(); // who is out of descriptors needs some to say so
            throw;
        }
        _lmap = new Lmap(0, new LmapOptions(TickNs: 0), new SharedMemoryTransport(), NullLogger.Instance);
        var schema = PodSchema.Compile([.. Enumerable.Range(0, _metrics).Select(Descriptor)], []);
        _lmap.SetPods([.. _readers.Select((reader, i) => new MonitoredPod(
            new PodLayout { Pod = $"bench-{i}", Kind = PodKind.Socket, Slots = _metrics }, schema, new SharedMemorySource([reader], _metrics), setting.Analysis))]);
    }

    /// <summary>Rows that were read and classified so far.</summary>
    public long Classified => _lmap.Statistics.ClassifiedRows;

    public int Pods => _objects.Length;

    /// <summary>Changes every value of every pod by a plain store or add, and moves time and heartbeats on.</summary>
    public void Change()
    {
        _now += RoundNs;
        foreach (var pages in _objects)
        {
            pages.Heartbeat++;
            _at = (_at + _metrics) % 16_381;
            var values = _random.AsSpan(_at, _metrics);
            var counters = (_metrics + 1) / 2;
            for (var slot = 0; slot < counters; slot++)
                pages.Cell(slot).AddSingleWriter(values[slot]);
            for (var slot = counters; slot < values.Length; slot++)
                pages.Cell(slot).Store(values[slot]);
        }
    }

    /// <summary>One pass of the LMAP over all pods: read, rates, normalise, detect.</summary>
    public void Scrape() => _lmap.ScrapeOnce(_now);

    /// <summary>Scrapes until every pod watches (or has no detector).</summary>
    public void Learn(CancellationToken stop)
    {
        for (var round = 0; _lmap.Pods.Any(pod => pod.State == PodState.Learning); round++)
        {
            stop.ThrowIfCancellationRequested();
            if (round == MaxLearningRounds)
                throw new InvalidOperationException($"pods still learn after {round} rows");
            Change();
            Scrape();
        }
    }

    /// <summary>Throws when a scrape did not read and classify what it should have: then there is no figure.</summary>
    public void Check(long scrapes, long classifiedBefore)
    {
        var statistics = _lmap.Statistics;
        var expected = _lmap.Pods[0].State == PodState.Off ? Classified - classifiedBefore : scrapes * Pods;
        if (Classified - classifiedBefore != expected || statistics.FreshRows != statistics.Scrapes * Pods || statistics.Faults != 0)
            throw new InvalidOperationException($"{scrapes} scrapes of {Pods} pods classified {Classified - classifiedBefore} rows; {statistics.FreshRows} of {statistics.Scrapes * Pods} reads were fresh, {statistics.Faults} failed");
    }

    public void Dispose()
    {
        // Null where the constructor has failed.
        foreach (var reader in _readers)
            reader?.Dispose();
        foreach (var pages in _objects)
            pages?.Unmap();
    }

    /// <summary>A reader with a descriptor of its own, as the agent would have handed it out. The writer needs only its mapping from then on: one descriptor a pod.</summary>
    private static ObjectReader HandOut(PageObject pages, SlotGeometry geometry)
    {
        using (pages)
            return ObjectReader.Map(MemoryFile.ReopenReadOnly(pages.File), geometry, pages.Epoch);
    }

    private SlotDescriptor Descriptor(int slot) => slot < (_metrics + 1) / 2
        ? new() { Name = $"http_requests_total_{slot}", Type = SlotType.Counter }
        : new() { Name = $"http_request_latency_{slot}", Type = SlotType.Gauge };
}

using MicroView.Export;

namespace MicroView.Host;

/// <summary>The agent's self-metrics. Thread-safe.</summary>
internal sealed class HostMetrics
{
    private static readonly string[] ReasonNames =
        ["protocol", "invalid", "untrusted", "pod_in_use", "full", "forbidden", "not_found", "silent", "connections", "descriptor", "too_large"];

    private readonly SelfCounter[] _refused;
    private readonly ScrapeRenderer _scrapes;
    private readonly SelfMetrics _self;

    internal HostMetrics()
    {
        var document = new ExpositionDocument();
        _self = new(document);
        _scrapes = new(document);
        _refused = Array.ConvertAll(ReasonNames, reason => _self.Counter("microview_host_refused_total", "What the agent refused, by reason.", ("reason", reason)));
        Attached = _self.Counter("microview_host_attached_total", "Pods admitted.");
        Retired = _self.Counter("microview_host_retired_total", "Pods whose memory was given up.");
        Registrations = _self.Counter("microview_host_rest_registrations_total", "Metrics registered through REST.");
        Quarantined = _self.Counter("microview_host_quarantined_total", "Pods whose header was scribbled over or whose segment was truncated.");
        RatesReset = _self.Counter("microview_host_rates_reset_total", "Trace sampling rates put back because their collector fell silent.");
        MissedBeats = _self.Counter("microview_host_missed_heartbeats_total", "Heartbeats that came more than one period late.");
        RegistrationsFailed = _self.Counter("microview_host_rdma_registrations_failed_total", "Registrations of memory that the kernel refused.");
        TermsGranted = _self.Counter("microview_host_rdma_terms_granted_total", "Terms of control words granted to collectors that write them by RDMA.");
        Requests = _self.Counter("microview_host_http_requests_total", "HTTP requests answered.");
    }

    /// <summary>Where parts that come and go add their own.</summary>
    internal SelfMetrics Self => _self;

    internal SelfCounter Attached { get; }

    internal SelfCounter Retired { get; }

    internal SelfCounter Registrations { get; }

    internal SelfCounter Quarantined { get; }

    internal SelfCounter RatesReset { get; }

    internal SelfCounter MissedBeats { get; }

    internal SelfCounter RegistrationsFailed { get; }

    internal SelfCounter TermsGranted { get; }

    internal SelfCounter Requests { get; }

    internal long RefusedInAll => (long)_refused.Sum(counter => counter.Value);

    internal long Refusals(RefusalReason reason) => (long)_refused[(int)reason].Value;

    internal void Refused(RefusalReason reason, long count = 1) => _refused[(int)reason].Add(count);

    /// <summary>Adds what is asked at each scrape.</summary>
    internal void Watch(Func<HostStats> stats)
    {
        _self.GaugeFunc("microview_host_pods", "Pods in the layout, by kind.", () => stats().SocketPods, ("kind", "socket"));
        _self.GaugeFunc("microview_host_pods", "Pods in the layout, by kind.", () => stats().RestPods, ("kind", "rest"));
        _self.GaugeFunc("microview_host_pods", "Pods in the layout, by kind.", () => stats().NodePods, ("kind", "node"));
        _self.GaugeFunc("microview_host_slots", "Published slots.", () => stats().Slots);
        _self.GaugeFunc("microview_host_pool_bytes", "Capacities of all objects.", () => stats().PoolBytes);
        _self.GaugeFunc("microview_host_readers", "Readers with a live lease.", () => stats().Readers);
        _self.GaugeFunc("microview_host_retiring", "Pods that wait for readers before their memory is given up.", () => stats().Retiring);
        _self.GaugeFunc("microview_host_connections", "Open control connections.", () => stats().Connections);
        _self.GaugeFunc("microview_host_layout_generation", "The layout's generation.", () => stats().Generation);
    }

    /// <summary>Adds what the RDMA device serves.</summary>
    internal void Watch(HostRdma rdma)
    {
        _self.GaugeFunc("microview_host_rdma_regions", "Memory regions registered for pods, replaced ones that wait for readers included.", () => rdma.Regions.Registered.Count);
        _self.GaugeFunc("microview_host_rdma_registered_bytes", "Bytes of them, which are locked memory.", () => rdma.Regions.Registered.Bytes);
        foreach (var state in QueuePlace.StateNames)
            _self.GaugeFunc("microview_host_rdma_queue_pairs", "Queue pairs, by state as it was within the last second.", () => rdma.Queues.CountOf(state), ("state", state));
        _self.GaugeFunc("microview_host_rdma_queue_pairs_in_use", "Queue pairs that a collector holds.", () => rdma.Queues.InUse);
        _self.GaugeFunc("microview_host_rdma_terms", "Pods whose control word a collector holds, by RDMA or on the socket.", () => rdma.TermsHeld);
        _self.CounterFunc("microview_host_rdma_connects_total", "Queue pairs connected.", () => rdma.Queues.Connects);
        _self.CounterFunc("microview_host_rdma_queue_errors_total", "Queue pairs found in error.", () => rdma.Queues.Errors);
    }

    /// <summary>Adds what the node sources cost.</summary>
    internal void Watch(Func<NodeSourceStatistics> sources)
    {
        _self.GaugeFunc("microview_node_source_cpu_cores", "Cores that the node sources use.", () => sources().CoresUsed);
        _self.GaugeFunc("microview_node_source_row_microseconds", "CPU time of a row, in microseconds.", () => sources().MicrosecondsPerRow);
        _self.GaugeFunc("microview_node_source_rows_per_second", "Rows sampled per second.", () => sources().RowsPerSecond);
        _self.GaugeFunc("microview_node_source_pods", "Pods of node sources, by kind.", () => sources().ProcessPods, ("kind", "process"));
        _self.GaugeFunc("microview_node_source_pods", "Pods of node sources, by kind.", () => sources().CgroupPods, ("kind", "cgroup"));
        _self.CounterFunc("microview_node_source_missed_ticks_total", "Ticks that the node sources missed.", () => sources().MissedTicks);
    }

    /// <summary>Answers a scrape.</summary>
    internal RenderedScrape Render(string? accept, string? acceptEncoding) => _scrapes.Render(accept, acceptEncoding);
}

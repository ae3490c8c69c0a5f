using System.Globalization;
using MicroView.Analysis;
using MicroView.Export;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>What the collector says of itself.</summary>
internal static class CollectorSelfMetrics
{
    public static void Join(ExpositionDocument document, CollectorService collector, IReadOnlyList<Lmap> lmaps, RateKeeper rates)
    {
        // LMAPs begin to count when the collector is made, and that is now.
        var self = new SelfMetrics(document) { Created = DateTimeOffset.UtcNow };
        foreach (var lmap in lmaps)
            Join(self, lmap);
        self.CounterFunc("microview_alarms_total", "Alarms opened.", () => collector.AlarmsOpened);
        self.CounterFunc(
            "microview_alarm_events_dropped_total", "Alarm events that subscribers were too slow for.", () => collector.AlarmEventsDropped);
        self.CounterFunc("microview_rejected_pods_total", "Pods of a layout that could not be read at all.", () => collector.RejectedPods);
        self.CounterFunc("microview_joined_pods_total", "Pods that came and were read from then on.", () => collector.JoinedPods);
        self.CounterFunc("microview_agent_sessions_total", "Sessions opened with the agent.", () => collector.AgentSessions);
        self.GaugeFunc("microview_agent_connected", "1 while a session with the agent is open.", () => collector.Agent.Connected ? 1 : 0);
        self.GaugeFunc("microview_layout_generation", "Layout generation in force.", () => collector.Generation);
        foreach (var state in Enum.GetValues<PodState>())
            self.GaugeFunc("microview_pods", "Pods by state.", () => Count(lmaps, pod => pod.State == state), ("state", Name(state)));
        self.GaugeFunc("microview_warm_pods", "Pods that are watched by what the pods of their service learnt.", () => Count(lmaps, pod => pod.IsWarm));
        self.GaugeFunc("microview_stale_pods", "Pods whose last read did not pass for fresh.",
            () => Count(lmaps, pod => pod.Status is RowStatus.Stale or RowStatus.Unreadable));
        self.GaugeFunc(
            "microview_quarantined_pods", "Pods whose pages are not what they announced.", () => Count(lmaps, pod => pod.Status == RowStatus.Quarantined));
        self.GaugeFunc("microview_open_alarms", "Alarms open now.", () => Count(lmaps, pod => pod.AlarmOpen));
        self.GaugeFunc("microview_trace_rates", "Pods whose trace sampling rate is wanted here, by whether it is held.", () => rates.Held, ("state", "held"));
        self.GaugeFunc("microview_trace_rates", "Pods whose trace sampling rate is wanted here, by whether it is held.", () => rates.Refused, ("state", "refused"));
        new SelfMetrics(document).CounterFunc("microview_collector_cpu_seconds_total", "CPU time of the collector's process.", () => Clocks.ProcessCpuNs / 1e9);
        self.GaugeFunc("microview_collector_memory_bytes", "Resident memory of the collector's process.", () => Environment.WorkingSet);
    }

    private static void Join(SelfMetrics self, Lmap lmap)
    {
        var statistics = lmap.Statistics;
        Label label = ("lmap", lmap.Index.ToString(CultureInfo.InvariantCulture));
        self.CounterFunc("microview_scrapes_total", "Passes of an LMAP over its pods.", () => statistics.Scrapes, label);
        self.GaugeFunc("microview_scrape_rate", "Scrapes per second over the last second.", () => statistics.ScrapeRate, label);
        self.GaugeFunc("microview_lmap_pods", "Pods that an LMAP reads.", () => lmap.Pods.Count, label);
        self.CounterFunc("microview_lmap_cpu_seconds_total", "CPU time of an LMAP's thread.", () => statistics.CpuNs / 1e9, label);
        self.CounterFunc(
            "microview_missed_ticks_total", "Ticks that were over before the LMAP came to them.", () => statistics.MissedTicks, label);
        self.CounterFunc(
            "microview_layout_requests_total", "Times a moved generation asked for a new layout.", () => statistics.LayoutRequests, label);
        self.CounterFunc("microview_classified_rows_total", "Rows handed to a detector.", () => statistics.ClassifiedRows, label);
        self.CounterFunc(
            "microview_pod_faults_total", "Pods taken out because reading or analysing them failed.", () => statistics.Faults, label);
        Status("fresh", () => statistics.FreshRows);
        Status("unchanged", () => statistics.UnchangedRows);
        Status("torn", () => statistics.TornRows);
        Status("stale", () => statistics.StaleReads);
        Status("quarantined", () => statistics.Quarantines);
        Status("unreadable", () => statistics.UnreadableReads);

        void Status(string status, Func<double> read) =>
            self.CounterFunc("microview_reads_total", "Reads of a pod's row by outcome.", read, label, ("status", status));
    }

    private static double Count(IReadOnlyList<Lmap> lmaps, Func<MonitoredPod, bool> which) => lmaps.Sum(lmap => lmap.Pods.Count(which));

    private static string Name(PodState state) => state switch
    {
        PodState.Learning => "learning",
        PodState.Watching => "watching",
        _ => "off",
    };
}

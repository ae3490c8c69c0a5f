using System.Globalization;
using MicroView.Export;

namespace MicroView.Collector;

/// <summary>What the collector says of its RDMA.</summary>
internal static class RdmaSelfMetrics
{
    public static void Join(ExpositionDocument document, VerbsTransport transport)
    {
        var self = new SelfMetrics(document);
        foreach (var queue in transport.Queues)
            Join(self, queue);
        self.GaugeFunc("microview_rdma_landing_bytes", "Memory registered for READs to land in.", () => transport.Memory.Registered);
    }

    private static void Join(SelfMetrics self, LmapQueue queue)
    {
        var statistics = queue.Statistics;
        Label label = ("lmap", queue.Index.ToString(CultureInfo.InvariantCulture));
        foreach (var state in Enum.GetValues<QueueState>())
            self.GaugeFunc("microview_rdma_queue_state", "1 for the state that an LMAP's queue pair is in.", () => queue.State == state ? 1 : 0, label,
                ("state", Name(state)));
        self.CounterFunc("microview_rdma_reads_total", "READs that completed.", () => statistics.Reads, label);
        self.CounterFunc("microview_rdma_read_bytes_total", "Bytes that READs brought.", () => statistics.Bytes, label);
        self.CounterFunc("microview_rdma_control_words_total", "Control words written to pods.", () => statistics.Words, label);
        self.CounterFunc("microview_rdma_reconnects_total", "Times a queue pair was connected again.", () => statistics.Reconnects, label);
        self.CounterFunc("microview_rdma_timeouts_total", "Times no READ completed for so long that the connection was given up.", () => statistics.Timeouts, label);
        self.GaugeFunc("microview_rdma_faulted_pods", "Pods not read for a while, because a READ of theirs was refused.", () => statistics.FaultedPods, label);
        for (var place = 0; place <= QueueStatistics.Errors.Count; place++)
            Error(place);

        void Error(int place) =>
            self.CounterFunc("microview_rdma_completion_errors_total", "Completions that ended a connection, by status.", () => statistics.ErrorsOf(place), label,
                ("status", place < QueueStatistics.Errors.Count ? QueueStatistics.Errors[place].Name : "other"));
    }

    private static string Name(QueueState state) => state switch
    {
        QueueState.Ready => "ready",
        QueueState.Connecting => "connecting",
        _ => "down",
    };
}

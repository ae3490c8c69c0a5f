using System.Threading;
using MicroView.Export;

namespace MicroView.Collector;

/// <summary>Why samples did not reach the receiver.</summary>
internal enum DropReason
{
    /// <summary>They were the oldest when there was no room for newer ones.</summary>
    QueueFull,

    /// <summary>The receiver refused them for good: an answer of 400 to 499 other than 429.</summary>
    Rejected,

    /// <summary>The flight recorder had overwritten them before they were looked at.</summary>
    Overrun,

    /// <summary>They would not have been later than what the series already had.</summary>
    Clock,

    /// <summary>The collector stopped before they were delivered.</summary>
    Shutdown,
}

/// <summary>What became of samples. Thread-safe.</summary>
internal sealed class SampleStatistics
{
    private static readonly string[] s_reasons = ["queue_full", "rejected", "overrun", "clock", "shutdown"];
    private readonly long[] _dropped = new long[s_reasons.Length];
    private long _sent, _sentOfRows, _ofRows, _retries, _requests;

    /// <summary>Samples that the receiver took, stale markers included.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Requests that were tried again.</summary>
    public long Retries => Interlocked.Read(ref _retries);

    /// <summary>Requests that were answered for good.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>Of the samples of pods' rows that were decided on, the share that the receiver took; NaN before the first.</summary>
    public double SentRatio => Interlocked.Read(ref _ofRows) is > 0 and var all ? (double)Interlocked.Read(ref _sentOfRows) / all : double.NaN;

    public long Dropped(DropReason reason) => Interlocked.Read(ref _dropped[(int)reason]);

    public void Drop(DropReason reason, long samples) => Interlocked.Add(ref _dropped[(int)reason], samples);

    public void Retry() => Interlocked.Increment(ref _retries);

    public void Answered() => Interlocked.Increment(ref _requests);

    public void Send(long samples, long ofRows)
    {
        Interlocked.Add(ref _sent, samples);
        Interlocked.Add(ref _sentOfRows, ofRows);
    }

    /// <summary>Rows were decided on: as many samples would have been sent at full resolution.</summary>
    public void Decide(long samples) => Interlocked.Add(ref _ofRows, samples);

    /// <summary>Shows them, and what else there is to know of remote write.</summary>
    public void Join(ExpositionDocument document, SampleQueue queue, RemoteWriter writer, FlightMemory flights)
    {
        var self = new SelfMetrics(document) { Created = DateTimeOffset.UtcNow };
        self.GaugeFunc("microview_samples_sent_ratio", "Samples of pods that the receiver took, of those that full resolution would have been.", () => SentRatio is var ratio && double.IsNaN(ratio) ? ExpositionDocument.Absent : ratio);
        self.CounterFunc("microview_samples_sent_total", "Samples that the remote-write receiver took, stale markers included.", () => Sent);
        for (var i = 0; i < s_reasons.Length; i++)
        {
            var reason = (DropReason)i;
            self.CounterFunc("microview_samples_dropped_total", "Samples that were to be sent and did not reach the receiver, by reason.", () => Dropped(reason), ("reason", s_reasons[i]));
        }
        self.CounterFunc("microview_remote_write_requests_total", "Requests that the receiver answered for good.", () => Requests);
        self.CounterFunc("microview_remote_write_retries_total", "Times a request was tried again.", () => Retries);
        self.GaugeFunc("microview_remote_write_queue_bytes", "Memory of samples that wait for the receiver.", () => queue.Bytes);
        self.GaugeFunc("microview_remote_write_lag_seconds", "Age of the oldest sample that waits for the receiver; 0: none waits.", () => writer.LagSeconds);
        self.GaugeFunc("microview_flight_recorder_bytes", "Memory of the flight recorders.", () => flights.Allocated);
        self.GaugeFunc("microview_flight_recorder_share", "Share of its length that a flight recorder has memory for.", () => flights.Share);
    }
}

using Microsoft.Extensions.Logging;
using MicroView.Export;

namespace MicroView.Collector;

/// <summary>The files that a run leaves beside its statistics.</summary>
internal readonly record struct CollectorFiles(Recorder? Recorder, DecisionLog? Decisions, RowFiles? Rows)
{
    /// <exception cref="CollectorStartException">One of them cannot be made.</exception>
    public static CollectorFiles Create(CollectorOptions options, CollectorClock clock, ILogger logger)
    {
        var recorder = options.RecordInto is { } recording ? new Recorder(recording, options.Lmaps, CollectorService.LmapOptionsOf(options), clock, logger) : null;
        try
        {
            var rows = options.RowsFolder is { } folder ? new RowFiles(folder, clock, logger) : null;
            return new(recorder, options.DecisionsFile is { } path ? new DecisionLog(path, options.Lmaps, clock, options.IsReplay, logger) : null, rows);
        }
        catch
        {
            recorder?.Dispose();
            throw;
        }
    }
}

/// <summary>What the collector says of these files.</summary>
internal static class FileSelfMetrics
{
    public static void Join(ExpositionDocument document, Recorder? recorder, DecisionLog? decisions)
    {
        var self = new SelfMetrics(document);
        if (recorder is not null)
        {
            self.GaugeFunc("microview_recording", "1 while the run is recorded; 0 when the file could not take it any more.", () => recorder.IsRecording ? 1 : 0);
            self.CounterFunc("microview_recording_bytes_total", "Bytes recorded.", () => recorder.Bytes);
            self.CounterFunc("microview_recording_lost_images_total", "Images left out of the recording, because they came faster than the file takes them.", () => recorder.Lost);
        }
        if (decisions is not null)
            self.CounterFunc("microview_decisions_lost_total", "Decisions that are not in their file, because they came faster than it takes them.", () => decisions.Lost);
    }
}

using System.Globalization;
using MicroView.Collector;
using Microsoft.Extensions.Logging;

namespace MicroView.Cli;

/// <summary>What is said at the end of a replay.</summary>
internal static class ReplayReport
{
    /// <summary>Stops the run when the recording ends, or says that it has ended.</summary>
    public static void Follow(Task<ReplaySummary> replay, bool stays, RunContext run)
    {
        var logger = run.Loggers.CreateLogger("nic");
        _ = replay.ContinueWith(ended =>
        {
            if (!stays)
                run.Signals.Stop();
            else if (!ended.IsCanceled)
                logger.LogWarning("{Problem}The recording has ended; its last values are served until this is stopped", ended.Exception?.InnerException is { } error ? error.Message + ". " : "");
        }, TaskScheduler.Default);
    }

    /// <summary>Prints the summary of a replay that has ended; the exit code of the run.</summary>
    /// <exception cref="RecordingException">The recording is damaged.</exception>
    public static int Print(CollectorService collector, PlainOutput output)
    {
        if (collector.Replay is not { } replay)
            return ExitCode.Success;
        if (replay.IsFaulted)
            output.Line($"replay: {Counts(collector)} up to the damage");
        else if (!replay.IsCompletedSuccessfully)
            output.Line($"replay: stopped before the recording's end; {Counts(collector)}");
        else
            Print(replay.Result, collector, output);
        return replay.IsFaulted ? throw replay.Exception.InnerException! : ExitCode.Success;
    }

    private static void Print(ReplaySummary summary, CollectorService collector, PlainOutput output) => output.Line(string.Create(CultureInfo.InvariantCulture,
        $"replay: {summary.RecordedSeconds:0.0} s of {summary.Pods} pods in {summary.Seconds:0.0} s: {summary.Passes} passes, {summary.Images} images; {Counts(collector)}{Flaws(summary)}"));

    private static string Counts(CollectorService collector) => string.Create(CultureInfo.InvariantCulture,
        $"{collector.Statistics.Sum(lmap => lmap.ClassifiedRows)} rows classified, {collector.Snapshot().AlarmsOpened} alarms");

    private static string Flaws(ReplaySummary summary) =>
        (summary.LostImages > 0 ? $"; {summary.LostImages} images were left out when it was recorded" : "") + (summary.CutOffAt is { } at ? $"; the file was cut off at byte {at}" : "");
}

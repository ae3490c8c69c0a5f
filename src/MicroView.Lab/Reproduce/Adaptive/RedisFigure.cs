using System.Globalization;

namespace MicroView.Lab;

/// <summary>Fig. 8: how much less data is sent when full resolution is kept for anomalies, and how like the full signal what is received stays; on a real Redis with faults.</summary>
internal sealed class RedisFigure : IFigure
{
    private const string Recorded = "recorded", LiveStep = "live";
    private const double PaperBaseline = 30;

    public string Name => "adaptive";

    public string Title => "Adaptive metric sampling on Redis";

    public string Section => "Sec. 6.4, Fig. 8";

    public IReadOnlyList<string> Differences { get; } =
    [
        "One Redis from Debian on this machine, under a load of the lab's own (60 % GET, the rest writes of several kinds, at a rate that swings by 40 % each minute), not an application of many services.",
        "Faults are real commands and processes: processes that take all CPU beside it, values of 4 MB, FLUSHALL, CLIENT PAUSE WRITE, KEYS *, 300 idle connections; one each, in an order of the seed.",
        "Metrics are those of INFO, by `microview host --scrape` from an endpoint of the lab that writes them in Prometheus' format, and those of MicroView's node source for the process. Each is a pod that is judged and sent for itself; figures are their mean. Uptime and the like, which only grow, are left out.",
        "Causal: a receiver holds the last value that it has. The artifact fills gaps with the next value, from the future.",
        "Correlation is the artifact's measure, Σs·x/Σx² of z-scores at lag 0; Pearson's is in the table beside it. It can leave 0…1, because what is received need not have the full signal's spread.",
        "The flight recorder is not in the paper: the last seconds before an anomaly are sent too, late.",
    ];

    public IReadOnlyList<FigureStep> Plan(FigureOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var plan = RedisPlan(options);
        var live = new FigureStep(LiveStep, FormattableString.Invariant($"a live run of {plan.Seconds:0} s"), plan.Seconds + 15, plan.Parameters);
        // The long form measures all itself; the short ones look at a recording of it, and see that it works here.
        return options.Scale != FigureScale.Quick ? [live]
            : [new FigureStep(Recorded, "the recording that comes with this program", 5, new Dictionary<string, string> { ["baseline_seconds"] = PaperBaseline.ToString(CultureInfo.InvariantCulture) }), live];
    }

    public async Task RunAsync(FigureStep step, StepContext context, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(step);
        ArgumentNullException.ThrowIfNull(context);
        RedisRecording recording;
        if (step.Id == Recorded)
        {
            foreach (var file in Directory.GetFiles(RedisRecording.Shipped))
                File.Copy(file, Path.Combine(context.Files, Path.GetFileName(file)));
            recording = RedisRecording.Read(context.Files);
            context.Note($"The step \"recorded\" looks at a run of Redis 7.0 that was recorded on {CsvTime.Format(recording.Pods[0].Rows.Times[0])[..10]} on a virtual machine with two cores, and comes with this program.");
        }
        else
        {
            var plan = RedisPlan(context.Options);
            recording = await RedisRun.ExecuteAsync(plan, context, stop);
            if (plan.BaselineSeconds < PaperBaseline)
                context.Note(FormattableString.Invariant($"The step \"live\" is scaled: a baseline of {plan.BaselineSeconds} s instead of {PaperBaseline} s, recorder and hold as much shorter, faults of {plan.FaultSeconds} s."));
        }
        context.Csv.WriteRow("pod", "rule", "threshold", "recorder_s", "share_sent", "correlation", "pearson", "correlation_near_faults", "onset_rows_there");
        foreach (var result in AdaptiveSweep.Run(recording, step.Number("baseline_seconds")))
            context.Csv.WriteRow(result.Pod, result.Rule, result.Threshold, result.Recorder, result.Share, result.Correlation, result.Pearson, result.NearFaults, result.Onset);
    }

    public void Draw(FigureFolder folder, FigureReport report) => RedisDrawing.Draw(folder, report);

    private static RedisPlan RedisPlan(FigureOptions options) => options.Pick(
        new RedisPlan { QuietSeconds = 180, Seconds = 720, RowSeconds = 1, BaselineSeconds = PaperBaseline, FaultSeconds = 12, PauseSeconds = 65, Seed = options.Seed },
        new RedisPlan { QuietSeconds = 25, Seconds = 60, RowSeconds = 0.2, BaselineSeconds = 3, FaultSeconds = 3, PauseSeconds = 6, Seed = options.Seed },
        new RedisPlan { QuietSeconds = 10, Seconds = 18, RowSeconds = 0.2, BaselineSeconds = 2, FaultSeconds = 1, PauseSeconds = 2, Seed = options.Seed });
}

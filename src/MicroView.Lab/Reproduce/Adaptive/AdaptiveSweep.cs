namespace MicroView.Lab;

/// <summary>What a receiver of one pod's samples has, under one rule.</summary>
/// <param name="Pod">The pod; "all" for the mean.</param>
/// <param name="Rule">Which rows are sent.</param>
/// <param name="Threshold">Percentile of training scores; of <see cref="AdaptiveSweep.Held"/> a multiple of its first threshold; of uniform sampling every how many rows one is sent.</param>
/// <param name="Recorder">Seconds before an anomaly that are sent as well.</param>
/// <param name="Share">Of samples sent, 0..1.</param>
/// <param name="Correlation">Σs·x/Σx² at lag 0, the artifact's measure, mean over the metrics that move; what is received is held, but for <see cref="AdaptiveSweep.Artifact"/>.</param>
/// <param name="Pearson">Pearson's, likewise.</param>
/// <param name="NearFaults">As <paramref name="Correlation"/>, of rows in faults and around them only.</param>
/// <param name="Onset">Of the rows in the ten seconds (÷ the scale) before the faults' first anomaly the share that is there in the end.</param>
internal sealed record SweepResult(string Pod, string Rule, double Threshold, double Recorder, double Share, double Correlation, double Pearson, double NearFaults, double Onset);

/// <summary>Thresholds from lax to strict, with and without flight recorder, over a recording of Redis. Causal: whether a row is sent is known from rows up to it, or, for the recorder, when an anomaly comes after it.</summary>
internal static class AdaptiveSweep
{
    public const string Uniform = "uniform", Paper = "FD l=25 k=10", Live = "RFD live", Held = "RFD at its first threshold", Artifact = "FD with gaps filled from the future", All = "all";

    /// <summary>Seconds after an alarm for which the deployed collector goes on sending all, and which its recorder holds: of 30 s of baseline.</summary>
    private const double HoldShare = 10.0 / 30, OnsetShare = 10.0 / 30;

    private static readonly double[] s_percentiles = [50, 60, 70, 80, 90, 95, 99, 99.9];
    private static readonly double[] s_recorders = [0, 1.0 / 3, 1];
    private static readonly double[] s_multiples = [0.25, 0.5, 1, 2, 4];
    private static readonly int[] s_every = [2, 3, 5, 8, 12, 20, 30, 60];

    /// <summary>The paper's detector as `lab adaptive` runs it.</summary>
    private static readonly ModelChoice s_model =
        new ModelChoice(new Analysis.DetectorOptions { Model = "FD", SketchRows = 25, Components = 10 }, UpdateOnline: true) { IsAsPublished = true }.AsInThePaper();

    /// <param name="recording">Of which the quiet part is learnt from, and all after it is judged.</param>
    /// <param name="baselineSeconds">From a sample to the next while nothing is anomalous; recorders and holds are parts of it, as in the deployed collector.</param>
    public static IReadOnlyList<SweepResult> Run(RedisRecording recording, double baselineSeconds)
    {
        ArgumentNullException.ThrowIfNull(recording);
        var results = recording.Pods.AsParallel().AsOrdered().SelectMany(pod => Run(pod, recording, baselineSeconds)).ToArray();
        return [.. results, .. results.GroupBy(result => (result.Rule, result.Threshold, result.Recorder)).Select(group => Mean([.. group]))];
    }

    /// <summary>Rows of a pod to learn from, and to judge.</summary>
    public static Trial Divide(RecordedPod pod, RedisRecording recording)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(recording);
        var rows = pod.Rows;
        var until = rows.Times[0] + (long)(recording.QuietSeconds * 1e9);
        if (recording.Faults.Count > 0)
            until = Math.Min(until, recording.Faults[0].StartNs - 1);
        var learnt = 0;
        while (learnt < rows.Count && rows.Times[learnt] < until)
            learnt++;
        if (learnt < 2 || learnt == rows.Count)
            throw new LabException($"the recording of {pod.Pod} has {learnt} rows to learn from and {rows.Count - learnt} to judge", ExitCode.Failed);
        return new Trial("redis", pod.Pod, pod.Pod, rows.Rows(0, learnt), rows.Rows(learnt, rows.Count), [], rows.Count - learnt, recording.Faults);
    }

    /// <summary>Which rows to judge the paper's detector finds anomalous at a percentile.</summary>
    public static bool[] Judge(Trial trial, double percentile)
    {
        ArgumentNullException.ThrowIfNull(trial);
        var model = s_model with { Detector = s_model.Detector with { ThresholdPercentile = percentile } };
        var given = trial.With(model.Metrics);
        var run = new DetectorRun(model, given.Training) { Continues = true };
        var anomalous = new bool[given.Test.Count];
        for (var i = 0; i < anomalous.Length; i++)
            anomalous[i] = run.Judge(given.Test, i).Anomalous;
        return anomalous;
    }

    /// <summary>Which rows the deployed collector sends at full resolution: those with an alarm, and so long after it.</summary>
    public static bool[] Alarmed(RecordedPod pod, Trial trial, double baselineSeconds)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(trial);
        var alarmed = new bool[trial.Test.Count];
        var until = long.MinValue;
        for (var i = 0; i < alarmed.Length; i++)
        {
            var at = trial.Test.Times[i];
            if (pod.At(at).Alarm)
                until = at + (long)(HoldShare * baselineSeconds * 1e9);
            alarmed[i] = at <= until;
        }
        return alarmed;
    }

    /// <summary>Which rows scored above a multiple of the threshold that the deployed detector began with.</summary>
    public static bool[] HeldThreshold(RecordedPod pod, Trial trial, double multiple)
    {
        ArgumentNullException.ThrowIfNull(pod);
        ArgumentNullException.ThrowIfNull(trial);
        var limit = multiple * pod.FirstThreshold;
        var above = new bool[trial.Test.Count];
        for (var i = 0; i < above.Length; i++)
            above[i] = pod.At(trial.Test.Times[i]).Score > limit;
        return above;
    }

    private static IEnumerable<SweepResult> Run(RecordedPod pod, RedisRecording recording, double baselineSeconds)
    {
        var trial = Divide(pod, recording);
        var around = Around(trial, (long)(OnsetShare * baselineSeconds * 1e9));
        foreach (var percentile in s_percentiles)
        {
            var anomalous = Judge(trial, percentile);
            foreach (var recorder in s_recorders)
                yield return Look(trial, around, Paper, percentile, anomalous, recorder * baselineSeconds, baselineSeconds);
            yield return Look(trial, around, Artifact, percentile, SentSignal.Sent(trial.Test.Times, anomalous, (long)(baselineSeconds * 1e9)), [], GapFill.BackFill);
        }
        var alarmed = Alarmed(pod, trial, baselineSeconds);
        foreach (var recorder in s_recorders)
            yield return Look(trial, around, Live, 0, alarmed, recorder * baselineSeconds, baselineSeconds);
        // A live threshold rises with each incident; the scores alone say what it would be worth if it did not.
        foreach (var multiple in s_multiples)
            yield return Look(trial, around, Held, multiple, HeldThreshold(pod, trial, multiple), 0, baselineSeconds);
        foreach (var every in s_every)
            yield return Look(trial, around, Uniform, every, [.. Enumerable.Range(0, trial.Test.Count).Select(i => i % every == 0)], []);
    }

    private static SweepResult Look(Trial trial, bool[] around, string rule, double threshold, bool[] anomalous, double recorder, double baselineSeconds)
    {
        var sent = SentSignal.Sent(trial.Test.Times, anomalous, (long)(baselineSeconds * 1e9));
        var more = SentSignal.WithRecorder(trial.Test.Times, anomalous, sent, (long)(recorder * 1e9));
        return Look(trial, around, rule, threshold, more, Onset(trial, anomalous, (long)(OnsetShare * baselineSeconds * 1e9))) with { Recorder = recorder };
    }

    private static SweepResult Look(Trial trial, bool[] around, string rule, double threshold, bool[] sent, bool[] onset, GapFill fill = GapFill.Hold)
    {
        var (all, near) = (SentSignal.MeanLikeness(trial.Test, sent, fill), SentSignal.MeanLikeness(trial.Test, sent, fill, around));
        var there = onset.Length == 0 ? double.NaN : onset.Zip(sent).Count(pair => pair is (true, true)) / (double)onset.Count(flag => flag);
        return new(trial.Pod, rule, threshold, 0, sent.Count(flag => flag) / (double)sent.Length, all.AtLagZero, all.Pearson, near.AtLagZero, there);
    }

    /// <summary>Rows in a fault, and so long before and after one.</summary>
    private static bool[] Around(Trial trial, long margin)
    {
        var around = new bool[trial.Test.Count];
        for (var i = 0; i < around.Length; i++)
        {
            var at = trial.Test.Times[i];
            around[i] = trial.Faults.Any(fault => at >= fault.StartNs - margin && at <= fault.EndNs + margin);
        }
        return around;
    }

    /// <summary>Rows so long before the first anomalous row of each fault.</summary>
    private static bool[] Onset(Trial trial, bool[] anomalous, long margin)
    {
        var onset = new bool[anomalous.Length];
        foreach (var fault in trial.Faults)
        {
            var first = Enumerable.Range(0, anomalous.Length).FirstOrDefault(i => anomalous[i] && trial.Test.Times[i] >= fault.StartNs && trial.Test.Times[i] <= fault.EndNs, -1);
            for (var i = first - 1; i >= 0 && trial.Test.Times[first] - trial.Test.Times[i] <= margin; i--)
                onset[i] = true;
        }
        return onset;
    }

    private static SweepResult Mean(SweepResult[] pods)
    {
        double Over(Func<SweepResult, double> value) => pods.Select(value).Where(number => !double.IsNaN(number)).DefaultIfEmpty(double.NaN).Average();
        return pods[0] with { Pod = All, Share = Over(pod => pod.Share), Correlation = Over(pod => pod.Correlation), Pearson = Over(pod => pod.Pearson), NearFaults = Over(pod => pod.NearFaults), Onset = Over(pod => pod.Onset) };
    }
}

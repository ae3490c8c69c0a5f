using System.Globalization;
using ScottPlot;

namespace MicroView.Lab;

/// <summary>Figures and tables of adaptive sampling, a set per step.</summary>
internal static class RedisDrawing
{
    private static readonly Color[] s_colors = [Figure.Blue, Figure.Green, Figure.Orange];

    public static void Draw(FigureFolder folder, FigureReport report)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(report);
        report.Text("Every sample is sent while the detector finds a pod anomalous, else one each baseline. A point per threshold, a percentile of the training scores: lax at the left, strict at the right. "
            + "Uniform sampling sends every n-th sample, whatever happens: what a rule must beat.");
        foreach (var step in folder.Steps)
        {
            var results = Read(folder, step.Id);
            var suffix = step.Id == folder.Steps[0].Id ? "" : $"_{step.Id}";
            report.Heading($"Data volume against correlation: {step.Title}");
            DrawCurves(report, results, $"fig8{suffix}", "all rows", result => result.Correlation);
            DrawCurves(report, results, $"fig8_faults{suffix}", "rows in and around faults", result => result.NearFaults);
            WriteTable(report, results);
            WriteFaults(folder, step, report);
        }
    }

    private static SweepResult[] Read(FigureFolder folder, string step) => [.. folder.Rows(step).Select(row =>
    {
        double Number(string name) => CsvTable.TryNumber(row[name], out var value) ? value : double.NaN;
        return new SweepResult(row["pod"], row["rule"], Number("threshold"), Number("recorder_s"), Number("share_sent"), Number("correlation"), Number("pearson"), Number("correlation_near_faults"), Number("onset_rows_there"));
    }).Where(result => result.Pod == AdaptiveSweep.All)];

    private static void DrawCurves(FigureReport report, SweepResult[] results, string name, string rows, Func<SweepResult, double> measure)
    {
        var figure = new Figure($"Adaptive sampling, mean over pods, {rows}", "reduction of data volume, %", "correlation with the full signal", 900, 440);
        var uniform = results.Where(result => result.Rule == AdaptiveSweep.Uniform).OrderBy(result => result.Share).ToArray();
        Style(figure.Line([.. uniform.Select(Reduction)], [.. uniform.Select(measure)], Figure.Grey), "uniform", 4);
        foreach (var (recorder, color) in results.Where(result => result.Rule == AdaptiveSweep.Paper).GroupBy(result => result.Recorder).OrderBy(group => group.Key).Zip(s_colors))
        {
            var points = recorder.OrderBy(result => result.Threshold).ToArray();
            Style(figure.Line([.. points.Select(Reduction)], [.. points.Select(measure)], color), $"{AdaptiveSweep.Paper}, {Recorder(recorder.Key)}", 6);
            var live = results.FirstOrDefault(result => result.Rule == AdaptiveSweep.Live && result.Recorder == recorder.Key);
            if (live is null)
                continue;
            var point = figure.Dots([Reduction(live)], [measure(live)], color);
            (point.MarkerShape, point.MarkerSize, point.LegendText) = (MarkerShape.FilledDiamond, 11, $"{AdaptiveSweep.Live}, {Recorder(recorder.Key)}");
        }
        var artifact = results.Where(result => result.Rule == AdaptiveSweep.Artifact).OrderBy(result => result.Threshold).ToArray();
        Style(figure.Line([.. artifact.Select(Reduction)], [.. artifact.Select(measure)], Figure.Red), AdaptiveSweep.Artifact, 4);
        var held = results.Where(result => result.Rule == AdaptiveSweep.Held).OrderBy(result => result.Threshold).ToArray();
        Style(figure.Line([.. held.Select(Reduction)], [.. held.Select(measure)], ScottPlot.Colors.Black), AdaptiveSweep.Held, 6);
        figure.Plot.Axes.Margins(0.05, 0.1);
        figure.Plot.ShowLegend(Edge.Right);
        report.Figure(figure, name, $"Correlation of what is received with the full signal ({rows}) against the reduction of data volume, mean over the pods of INFO and of the process.");
    }

    private static void WriteTable(FigureReport report, SweepResult[] results) => report.Table(2,
        ["rule", "flight recorder", "threshold", "reduction", "correlation", "Pearson", "near faults", "rows before an anomaly that are there"],
        results.Where(IsShown).Select(result => (string[])
        [
            result.Rule, result.Rule is AdaptiveSweep.Uniform or AdaptiveSweep.Artifact or AdaptiveSweep.Held ? "" : Recorder(result.Recorder),
            result.Rule switch { AdaptiveSweep.Uniform => FormattableString.Invariant($"1 of {result.Threshold}"), AdaptiveSweep.Live => "its own", AdaptiveSweep.Held => FormattableString.Invariant($"× {result.Threshold}"), _ => FormattableString.Invariant($"p{result.Threshold}") },
            Percent(1 - result.Share), Text(result.Correlation), Text(result.Pearson), Text(result.NearFaults), double.IsNaN(result.Onset) ? "" : Percent(result.Onset),
        ]));

    /// <summary>Not every point of every curve: all are in raw/.</summary>
    private static bool IsShown(SweepResult result) => result.Rule switch
    {
        AdaptiveSweep.Uniform => result.Threshold is 5 or 12 or 30,
        AdaptiveSweep.Paper or AdaptiveSweep.Artifact => result.Threshold is 50 or 80 or 95 or 99 or 99.9,
        _ => true,
    };

    /// <summary>Which faults are seen at all: a rule that misses one saves its samples, and says nothing of it.</summary>
    private static void WriteFaults(FigureFolder folder, StepRecord step, FigureReport report)
    {
        var recording = RedisRecording.Read(folder.Files(step.Id));
        var pods = recording.Pods.Select(pod => (Pod: pod, Trial: AdaptiveSweep.Divide(pod, recording))).ToArray();
        var strict = pods.Select(pod => AdaptiveSweep.Judge(pod.Trial, 99)).ToArray();
        var held = pods.Select(pod => AdaptiveSweep.HeldThreshold(pod.Pod, pod.Trial, 1)).ToArray();
        report.Text("Faults with an anomalous row (the paper's detector at the 99th percentile) an open alarm (RFD live), or a score above the threshold that RFD began with, of either pod while they lasted. RFD's live threshold follows a budget of one false alarm a day, so that each incident raises it for the next:");
        report.Table(1, ["fault", "times", "paper's detector", "RFD live", AdaptiveSweep.Held], recording.Faults.GroupBy(fault => fault.Type).OrderBy(kind => kind.Key, StringComparer.Ordinal).Select(kind => (string[])
        [
            kind.Key, kind.Count().ToString(CultureInfo.InvariantCulture),
            kind.Count(fault => pods.Zip(strict).Any(pair => Any(pair.First.Trial, fault, i => pair.Second[i]))).ToString(CultureInfo.InvariantCulture),
            kind.Count(fault => pods.Any(pod => Any(pod.Trial, fault, i => pod.Pod.At(pod.Trial.Test.Times[i]).Alarm))).ToString(CultureInfo.InvariantCulture),
            kind.Count(fault => pods.Zip(held).Any(pair => Any(pair.First.Trial, fault, i => pair.Second[i]))).ToString(CultureInfo.InvariantCulture),
        ]));
    }

    private static bool Any(Trial trial, Fault fault, Func<int, bool> flagged) =>
        Enumerable.Range(0, trial.Test.Count).Any(i => trial.Test.Times[i] >= fault.StartNs && trial.Test.Times[i] <= fault.EndNs && flagged(i));

    private static void Style(ScottPlot.Plottables.Scatter line, string text, float marker) => (line.LegendText, line.LineWidth, line.MarkerSize) = (text, 1.6f, marker);

    private static string Recorder(double seconds) => seconds == 0 ? "no recorder" : FormattableString.Invariant($"recorder {seconds:0.#} s");

    private static double Reduction(SweepResult result) => 100 * (1 - result.Share);

    private static string Percent(double share) => share.ToString("P1", CultureInfo.InvariantCulture);

    private static string Text(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);
}

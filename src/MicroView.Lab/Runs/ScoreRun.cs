using System.Globalization;
using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>Reads two matrices, learns from the first, scores the second.</summary>
internal static class ScoreRun
{
    private const int ReportEvery = 4096;
    private const int SensibleRows = 60;

    public static int Execute(ScoreRequest request, TextWriter messages, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Train is { } file ? Execute(request, file, messages, stop) : ExecuteAsLive(request, messages, stop);
    }

    private static int Execute(ScoreRequest request, string file, TextWriter messages, CancellationToken stop)
    {
        var train = Read(request, file);
        var test = Read(request, request.Test).LikeColumnsOf(train);
        stop.ThrowIfCancellationRequested();
        if (train.Rows.Count < SensibleRows)
            messages.WriteLine($"warning: {file} has {train.Rows.Count} rows to learn from; a threshold from fewer than {SensibleRows} says little");
        var run = new DetectorRun(test.HasTimes || request.Model.HasHoldLimit ? request.Model : Timeless(request.Model, train), train.Rows) { Continues = !test.HasTimes };
        var anomalous = LabProgress.Run("scoring", test.Rows.Count, progress => Write(request, run, test, progress, stop));
        if (request.TrainScores is { } scores)
            WriteTraining(scores, train, run);
        messages.WriteLine(FormattableString.Invariant(
            $"{request.Model.Detector.Model}: learnt from {train.Rows.Count} rows of {train.Rows.Width} metrics, threshold {run.Threshold:g6}; {anomalous} of {test.Rows.Count} rows anomalous; scores in {request.Out}"));
        return ExitCode.Success;
    }

    /// <summary>One series, learnt from as a collector learns.</summary>
    private static int ExecuteAsLive(ScoreRequest request, TextWriter messages, CancellationToken stop)
    {
        var test = Read(request, request.Test);
        var rowSeconds = test.Rows.Count > 1 ? SeriesFile.UsualStep(test.Rows.Times) / 1e9 : 0;
        var options = AnalyzerOptions.Live(request.Model.Detector.Model, request.FalseAlarms, request.LearnSeconds, rowSeconds) with
        {
            Detector = request.Model.Detector, UpdateOnline = request.Model.UpdateOnline,
        };
        var run = new DetectorRun(options, test.Rows);
        var anomalous = LabProgress.Run("scoring", test.Rows.Count, progress => Write(request, run, test, progress, stop));
        if (run.IsLearning)
            messages.WriteLine($"warning: {request.Test} ends before {options.MinSeconds} s and {options.MinRows} rows are learnt; none of its {test.Rows.Count} rows was judged");
        messages.WriteLine(FormattableString.Invariant(
            $"{request.Model.Detector.Model}: learnt from the first rows, threshold at the end {run.Threshold:g6}; {anomalous} of {test.Rows.Count} rows of {test.Rows.Width} metrics anomalous; scores in {request.Out}"));
        return ExitCode.Success;
    }

    /// <summary>
    /// Rows without times come at a pace that nobody told. A level is then held for an event until it has lasted for as long as everything that was learnt: it is as well
    /// founded then.
    /// </summary>
    private static ModelChoice Timeless(ModelChoice model, Matrix train) => model with
    {
        Detector = model.Detector with { HoldLimitSeconds = Math.Max(1, train.Rows.Count * (SeriesFile.UsualStep(train.Rows.Times) / 1e9)) },
    };

    private static Matrix Read(ScoreRequest request, string file) => MatrixFile.Read(file, request.TimeColumn, request.Drop, request.IntervalNs);

    private static long Write(ScoreRequest request, DetectorRun run, Matrix test, LabProgress progress, CancellationToken stop)
    {
        using var file = new ResultFile(request.Out);
        var top = new Attribution[request.Top];
        file.Text.WriteRow([test.HasTimes ? "timestamp" : "row", "score", "threshold", "anomalous", "alarm", .. request.Top > 0 ? ["top"] : Array.Empty<string>()]);
        var anomalous = 0L;
        for (var i = 0; i < test.Rows.Count; i++)
        {
            var seen = run.Judge(test.Rows, i);
            anomalous += seen.Anomalous ? 1 : 0;
            WriteRow(file.Text, test, i, seen);
            if (request.Top > 0)
                file.Text.Write(',' + (seen.Anomalous ? Names(test.Rows.Metrics, top.AsSpan(0, run.Attribute(top))) : ""));
            file.Text.Write('\n');
            if ((i + 1) % ReportEvery == 0)
            {
                progress.Add(ReportEvery);
                stop.ThrowIfCancellationRequested();
            }
        }
        file.Commit();
        return anomalous;
    }

    private static void WriteRow(TextWriter text, Matrix test, int index, in Observation seen)
    {
        text.Write(test.HasTimes ? CsvTime.Format(test.Rows.Times[index]) : (index + 1).ToString(CultureInfo.InvariantCulture));
        text.Write(',');
        text.WriteNumber(seen.Score);
        text.Write(',');
        text.WriteNumber(seen.Threshold);
        text.Write(seen.Anomalous ? ",1" : ",0");
        text.Write(seen.AlarmOpen ? ",1" : ",0");
    }

    /// <summary>"cpu 0.71; memory 0.12", quoted for a cell of its own.</summary>
    private static string Names(IReadOnlyList<string> metrics, ReadOnlySpan<Attribution> top)
    {
        var parts = new List<string>();
        foreach (var (feature, share) in top)
            parts.Add(FormattableString.Invariant($"{metrics[feature]} {share:0.##}"));
        return '"' + string.Join("; ", parts).Replace("\"", "\"\"", StringComparison.Ordinal) + '"';
    }

    private static void WriteTraining(string path, Matrix train, DetectorRun run) => ResultFile.Write(path, text =>
    {
        text.WriteRow(train.HasTimes ? "timestamp" : "row", "score");
        for (var i = 0; i < run.TrainingScores.Length; i++)
            text.WriteRow(train.HasTimes ? CsvTime.Format(train.Rows.Times[i]) : i + 1, run.TrainingScores[i]);
    });
}

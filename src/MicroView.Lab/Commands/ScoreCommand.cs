using System.CommandLine;

namespace MicroView.Lab;

/// <summary>`microview lab score`: any data set of plain numbers.</summary>
internal static class ScoreCommand
{
    public static Command Create()
    {
        var options = new ScoreOptionTable();
        var command = new DocumentedCommand("score", "Score a matrix of plain numbers (a row per time step, any width) with a detector that learnt from another, or from its first rows.",
            new("microview lab score --train train.csv --test test.csv --model FD --out scores.csv", "one score per row of test.csv"),
            new("microview lab score --train train.csv --test test.csv -k 10 -l 25 --threshold 99.9 --out scores.csv", "the sketch's size and the threshold as told"),
            new("microview lab score --train train.csv.gz --test test.csv.gz --drop label --interval 60 --out scores.csv", "packed, without the column label, a row per minute"),
            new("microview lab score --test rows/cart.csv --learn 30 --out scores.csv", "as the collector does: learn for 30 s, then judge, with its budget of false alarms"));
        options.AddTo(command);
        command.SetAction((result, stop) => Task.Run(() => ScoreRun.Execute(options.Read(result), result.InvocationConfiguration.Error, stop), stop));
        return command;
    }
}

/// <summary>The options of `lab score`.</summary>
internal sealed class ScoreOptionTable
{
    private readonly ModelOptions _model = new();

    public Option<string?> Train { get; } = Kinds.Text("--train", "FILE", "Rows to learn from: CSV with or without a header, .gz allowed; or --learn");

    public Option<double?> Learn { get; } = Kinds.OptionalSeconds("--learn", "Instead of --train: learn from the first rows of --test for at least this time, then judge, as `microview nic --learn` does; seconds");

    public Option<double?> FalseAlarms { get; } = Kinds.OptionalNumber("--false-alarms", "N", "With --learn: false alarms that a day may have; 0: the detector's own threshold [default: 1 for RFD, else 0]", 0, 1e6);

    public Option<string> Test { get; } = Kinds.Required("--test", "FILE", "Rows to score, of the same columns");

    public Option<string> Out { get; } = Kinds.Required("--out", "FILE", "Where the scores go: a row per row of --test", "-o");

    public Option<string?> TrainScores { get; } = Kinds.Text("--train-scores", "FILE", "Also write the scores of the training rows there");

    public Option<string?> TimeColumn { get; } = Kinds.Text("--time-column", "COLUMN", "Column of times, by name or number; none: there is none [default: timestamp, time, … or a first column of dates]");

    public Option<string?> Drop { get; } = Kinds.Text("--drop", "COLUMNS", "Columns to leave out, by name or number, comma separated");

    public Option<double?> Interval { get; } = Kinds.OptionalSeconds("--interval", "Time between rows where the files have no times; seconds [default: 1]");

    public Option<int> Top { get; } = Kinds.Count("--top", "N", "Also name the N metrics that explain each anomalous row", 0, 0, 100);

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[Train, Learn, FalseAlarms, Test, Out, TrainScores, TimeColumn, Drop, Interval, Top])
            command.Add(option);
        _model.AddTo(command);
    }

    public ScoreRequest Read(ParseResult result)
    {
        var learn = result.GetValue(Learn);
        if ((result.GetValue(Train) is null) == (learn is null))
            throw new LabException("what is to be learnt from? Give either --train FILE, or --learn SECONDS for the first rows of --test", ExitCode.Usage);
        if (learn is null && result.GetValue(FalseAlarms) is not null)
            throw new LabException("--false-alarms is for --learn; with --train the threshold is a percentile of the training scores (--threshold)", ExitCode.Usage);
        if (learn is not null && result.GetValue(TrainScores) is not null)
            throw new LabException("--train-scores is for --train: with --learn the rows of learning stand in --out, unjudged", ExitCode.Usage);
        var model = _model.Read(result, asLive: learn is not null);
        if (learn is not null && model.Detector.Model == "VAE")
            throw new LabException("model VAE is trained beforehand: give --train FILE", ExitCode.Usage);
        return new ScoreRequest(
            result.GetValue(Train),
            result.GetValue(Test)!,
            result.GetValue(Out)!,
            result.GetValue(TrainScores),
            result.GetValue(TimeColumn),
            (result.GetValue(Drop) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
            Math.Max(1, (long)((result.GetValue(Interval) ?? 1) * 1e9)),
            result.GetValue(Top),
            model)
        {
            LearnSeconds = learn,
            FalseAlarms = result.GetValue(FalseAlarms),
        };
    }
}

/// <summary>What `lab score` was asked for.</summary>
internal sealed record ScoreRequest(
    string? Train, string Test, string Out, string? TrainScores, string? TimeColumn, IReadOnlyList<string> Drop, long IntervalNs, int Top, ModelChoice Model)
{
    /// <summary>How long is learnt from the first rows of the test; null: from <see cref="Train"/>.</summary>
    public double? LearnSeconds { get; init; }

    /// <summary>The budget of false alarms; null: as live.</summary>
    public double? FalseAlarms { get; init; }
}

using System.CommandLine;

namespace MicroView.Lab;

/// <summary>`microview lab score`: any data set of plain numbers.</summary>
internal static class ScoreCommand
{
    public static Command Create()
    {
        var options = new ScoreOptionTable();
        var command = new DocumentedCommand("score", "Score a matrix of plain numbers (a row per time step, any width) with a detector that learnt from another.",
            new("microview lab score --train train.csv --test test.csv --model FD --out scores.csv", "one score per row of test.csv"),
            new("microview lab score --train train.csv --test test.csv -k 10 -l 25 --threshold 99.9 --out scores.csv", "the sketch's size and the threshold as told"),
            new("microview lab score --train train.csv.gz --test test.csv.gz --drop label --interval 60 --out scores.csv", "packed, without the column label, a row per minute"));
        options.AddTo(command);
        command.SetAction((result, stop) => Task.Run(() => ScoreRun.Execute(options.Read(result), result.InvocationConfiguration.Error, stop), stop));
        return command;
    }
}

/// <summary>The options of `lab score`.</summary>
internal sealed class ScoreOptionTable
{
    private readonly ModelOptions _model = new();

    public Option<string> Train { get; } = Kinds.Required("--train", "FILE", "Rows to learn from: CSV with or without a header, .gz allowed");

    public Option<string> Test { get; } = Kinds.Required("--test", "FILE", "Rows to score, of the same columns");

    public Option<string> Out { get; } = Kinds.Required("--out", "FILE", "Where the scores go: a row per row of --test", "-o");

    public Option<string?> TrainScores { get; } = Kinds.Text("--train-scores", "FILE", "Also write the scores of the training rows there");

    public Option<string?> TimeColumn { get; } = Kinds.Text("--time-column", "COLUMN", "Column of times, by name or number; none: there is none [default: timestamp, time, … or a first column of dates]");

    public Option<string?> Drop { get; } = Kinds.Text("--drop", "COLUMNS", "Columns to leave out, by name or number, comma separated");

    public Option<double?> Interval { get; } = Kinds.OptionalSeconds("--interval", "Time between rows where the files have no times; seconds [default: 1]");

    public Option<int> Top { get; } = Kinds.Count("--top", "N", "Also name the N metrics that explain each anomalous row", 0, 0, 100);

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[Train, Test, Out, TrainScores, TimeColumn, Drop, Interval, Top])
            command.Add(option);
        _model.AddTo(command);
    }

    public ScoreRequest Read(ParseResult result) => new(
        result.GetValue(Train)!,
        result.GetValue(Test)!,
        result.GetValue(Out)!,
        result.GetValue(TrainScores),
        result.GetValue(TimeColumn),
        (result.GetValue(Drop) ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        Math.Max(1, (long)((result.GetValue(Interval) ?? 1) * 1e9)),
        result.GetValue(Top),
        _model.Read(result));
}

/// <summary>What `lab score` was asked for.</summary>
internal sealed record ScoreRequest(
    string Train, string Test, string Out, string? TrainScores, string? TimeColumn, IReadOnlyList<string> Drop, long IntervalNs, int Top, ModelChoice Model);

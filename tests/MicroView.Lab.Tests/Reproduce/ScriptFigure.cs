namespace MicroView.Lab.Tests;

/// <summary>A figure of which each step is a delegate of the test; it counts what was run and drawn.</summary>
internal sealed class ScriptFigure(params string[] steps) : IFigure
{
    public string Name { get; init; } = "script";

    public string Title => "A figure of a test";

    public string Section => "Sec. 0";

    public IReadOnlyList<string> Differences => ["It is not in the paper."];

    public Dictionary<string, string> Parameters { get; } = new() { ["size"] = "1" };

    public Func<FigureStep, StepContext, CancellationToken, Task> Work { get; set; } = (_, _, _) => Task.CompletedTask;

    public List<string> Ran { get; } = [];

    public int Drawn { get; private set; }

    public IReadOnlyList<FigureStep> Plan(FigureOptions options) => [.. steps.Select(id => new FigureStep(id, $"step {id}", 1, new Dictionary<string, string>(Parameters)))];

    public async Task RunAsync(FigureStep step, StepContext context, CancellationToken stop)
    {
        Ran.Add(step.Id);
        context.Csv.WriteRow("id", "value");
        await Work(step, context, stop);
        context.Csv.WriteRow(step.Id, step.Id.Length);
    }

    public void Draw(FigureFolder folder, FigureReport report)
    {
        Drawn++;
        report.Table(1, ["id", "value"], folder.Steps.SelectMany(step => folder.Rows(step.Id)).Select(row => (string[])[row["id"], row["value"]]));
        var figure = new Figure("values", "x", "y");
        figure.Line([0, 1], [0, 1], Figure.Blue);
        report.Figure(figure, "values", "What was measured.");
    }

    /// <summary>Runs it into a folder.</summary>
    public Task<int> RunAsync(string folder, bool force = false, FigureScale scale = FigureScale.Full, CancellationToken stop = default) =>
        ReproduceRun.ExecuteAsync(new([this], new(scale, 1), folder, force), TextWriter.Null, stop);
}

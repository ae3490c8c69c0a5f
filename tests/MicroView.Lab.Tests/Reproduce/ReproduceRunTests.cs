using System.Text.Json;

namespace MicroView.Lab.Tests;

public sealed class ReproduceRunTests : IDisposable
{
    private readonly Scratch _scratch = new();

    private string Folder => _scratch.Path("out");

    [Fact]
    public async Task A_run_leaves_a_table_per_step_and_a_page_with_its_figures()
    {
        var figure = new ScriptFigure("a", "bb");
        Assert.Equal(ExitCode.Success, await figure.RunAsync(Folder));
        Assert.Equal("id,value\nbb,2\n", File.ReadAllText(Path.Combine(Folder, "script/raw/bb.csv")));
        Assert.All(["report.md", "report.html", "values.png", "values.svg"], name => Assert.True(new FileInfo(Path.Combine(Folder, "script", name)).Length > 0, name));
        var page = File.ReadAllText(Path.Combine(Folder, "script/report.md"));
        Assert.Contains("| bb | 2 |", page, StringComparison.Ordinal);
        Assert.Contains("It is not in the paper.", page, StringComparison.Ordinal);
        Assert.Contains("data:image/svg+xml;base64,", File.ReadAllText(Path.Combine(Folder, "script/report.html")), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(Folder, ".*"));
    }

    [Fact]
    public async Task A_step_that_fails_costs_itself_and_is_what_the_next_run_measures()
    {
        var figure = new ScriptFigure("a", "b", "c")
        {
            Work = (step, _, _) => step.Id == "b" ? throw new LabException("the second one fails") : Task.CompletedTask,
        };
        Assert.Equal(ExitCode.Failed, await figure.RunAsync(Folder));
        Assert.Equal(["a", "b", "c"], figure.Ran);
        Assert.False(File.Exists(Path.Combine(Folder, "script/raw/b.csv")));
        Assert.Contains("2 of 3 steps", File.ReadAllText(Path.Combine(Folder, "script/report.md")), StringComparison.Ordinal);

        figure.Work = (_, _, _) => Task.CompletedTask;
        figure.Ran.Clear();
        Assert.Equal(ExitCode.Success, await figure.RunAsync(Folder));
        Assert.Equal(["b"], figure.Ran);
        Assert.DoesNotContain("Not finished", File.ReadAllText(Path.Combine(Folder, "script/report.md")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_steps_in_a_row_that_fail_end_the_figure()
    {
        var figure = new ScriptFigure("a", "b", "c", "d", "e", "f")
        {
            Work = (step, _, _) => step.Id is "b" or "d" or "e" ? throw new LabException("it fails") : Task.CompletedTask,
        };
        Assert.Equal(ExitCode.Failed, await figure.RunAsync(Folder));
        Assert.Equal(["a", "b", "c", "d", "e"], figure.Ran);
    }

    [Fact]
    public async Task A_finished_run_measures_nothing_again_until_it_is_forced()
    {
        var figure = new ScriptFigure("a", "b");
        await figure.RunAsync(Folder);
        await figure.RunAsync(Folder);
        Assert.Equal(["a", "b"], figure.Ran);
        await figure.RunAsync(Folder, force: true);
        Assert.Equal(["a", "b", "a", "b"], figure.Ran);
    }

    [Fact]
    public async Task Changed_parameters_are_refused_before_anything_is_measured()
    {
        var figure = new ScriptFigure("a", "b");
        await figure.RunAsync(Folder);
        File.Delete(Path.Combine(Folder, "script/raw/b.csv"));
        figure.Ran.Clear();
        figure.Parameters["size"] = "2";
        var refusal = await Assert.ThrowsAsync<LabException>(() => figure.RunAsync(Folder));
        Assert.Contains("raw/a.csv was measured with size 1, asked for is 2", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("--force", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, refusal.ExitCode);
        Assert.Empty(figure.Ran);
        Assert.Equal(ExitCode.Success, await figure.RunAsync(Folder, force: true));
        Assert.Equal(["a", "b"], figure.Ran);
    }

    [Fact]
    public async Task Another_scale_is_refused()
    {
        var figure = new ScriptFigure("a");
        await figure.RunAsync(Folder, scale: FigureScale.Quick);
        var refusal = await Assert.ThrowsAsync<LabException>(() => figure.RunAsync(Folder));
        Assert.Contains("scale quick", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_json_says_what_the_numbers_come_from()
    {
        var figure = new ScriptFigure("a")
        {
            Work = async (_, context, stop) =>
            {
                context.Note("something was different");
                context.Version("sh", "1.0");
                context.Processes.Account(CpuRole.Other, 1.25);
                // A processor's second or so, in a child that does not end by itself.
                var busy = context.Processes.Start(new("busy", CpuRole.LoadGenerator, "/bin/sh", "-c", "while :; do :; done"));
                while (busy.Look().Total < 0.2)
                    await Task.Delay(50, stop);
            },
        };
        await figure.RunAsync(Folder, stop: TestContext.Current.CancellationToken);
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "script/run.json")));
        var run = json.RootElement;
        Assert.Equal(("script", "full", 1, 1), (run.GetProperty("figure").GetString(), run.GetProperty("scale").GetString(), run.GetProperty("seed").GetInt32(), run.GetProperty("planned").GetInt32()));
        var machine = run.GetProperty("machine");
        Assert.Equal(Environment.ProcessorCount, machine.GetProperty("cores").GetInt32());
        Assert.All(["commit", "cpu", "kernel", "runtime", "system"], name => Assert.NotEmpty(machine.GetProperty(name).GetString()!));
        var step = run.GetProperty("steps")[0];
        Assert.Equal("1", step.GetProperty("parameters").GetProperty("size").GetString());
        Assert.Equal("something was different", step.GetProperty("notes")[0].GetString());
        Assert.Equal("1.0", step.GetProperty("versions").GetProperty("sh").GetString());
        var cpu = step.GetProperty("cpu_seconds");
        Assert.Equal(1.25, cpu.GetProperty("Other").GetDouble());
        Assert.InRange(cpu.GetProperty("LoadGenerator").GetDouble(), 0.2, 600);
        Assert.Equal(0, cpu.GetProperty("Monitor").GetDouble());
    }

    [Fact]
    public async Task Plot_only_draws_again_from_the_files_alone()
    {
        var figure = new ScriptFigure("a");
        await figure.RunAsync(Folder);
        figure.Ran.Clear();
        File.WriteAllText(Path.Combine(Folder, "script/raw/a.csv"), "id,value\nother,77\n");
        var elsewhere = _scratch.Path("drawn");
        Assert.Equal(ExitCode.Success, ReproduceRun.Redraw([figure], Folder, elsewhere, TextWriter.Null));
        Assert.Empty(figure.Ran);
        Assert.Contains("| other | 77 |", File.ReadAllText(Path.Combine(elsewhere, "script/report.md")), StringComparison.Ordinal);
        Assert.DoesNotContain("other", File.ReadAllText(Path.Combine(Folder, "script/report.md")).Split("## What differs")[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Plot_only_of_an_empty_folder_is_one_line()
    {
        var refusal = Assert.Throws<LabException>(() => ReproduceRun.Redraw([new ScriptFigure("a")], Folder, Folder, TextWriter.Null));
        Assert.Contains("nothing to draw", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_figure_that_fails_does_not_keep_the_others_from_running_and_the_index_says_so()
    {
        var bad = new ScriptFigure("a") { Name = "bad", Work = (_, _, _) => throw new InvalidOperationException("a defect") };
        var good = new ScriptFigure("a") { Name = "good" };
        Assert.Equal(ExitCode.Failed, await ReproduceRun.ExecuteAsync(new([bad, good], new(FigureScale.Quick, 1), Folder, false), TextWriter.Null, CancellationToken.None));
        Assert.Equal(["a"], good.Ran);
        var index = File.ReadAllText(Path.Combine(Folder, "index.md"));
        Assert.Contains("Failed: step a: InvalidOperationException: a defect", index, StringComparison.Ordinal);
        Assert.Contains("[report](good/report.html)", index, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(Folder, "index.html")));
    }

    [Fact]
    public async Task Two_runs_do_not_share_a_folder()
    {
        var inside = new TaskCompletionSource();
        var first = new ScriptFigure("a") { Work = async (_, _, _) => await inside.Task };
        var running = first.RunAsync(Folder);
        while (first.Ran.Count == 0)
            await Task.Delay(10, TestContext.Current.CancellationToken);
        var refusal = await Assert.ThrowsAsync<LabException>(() => new ScriptFigure("a").RunAsync(Folder));
        Assert.Contains("another run is working", refusal.Message, StringComparison.Ordinal);
        inside.SetResult();
        Assert.Equal(ExitCode.Success, await running);
    }

    public void Dispose() => _scratch.Dispose();
}

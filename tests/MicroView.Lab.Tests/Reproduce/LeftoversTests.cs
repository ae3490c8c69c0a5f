using System.Diagnostics;
using MicroView.Protocol;

namespace MicroView.Lab.Tests;

public sealed class LeftoversTests : IDisposable
{
    // Children of children, in sessions of their own, whose parents are gone: as bad as it gets.
    private const string Stubborn = "trap '' TERM INT; (setsid sh -c \"trap '' TERM; while :; do sleep 1; done\" &) ; while :; do sleep 1; done";

    private readonly Scratch _scratch = new();

    private string Folder => _scratch.Path("out");

    [Theory]
    [InlineData("returns")]
    [InlineData("throws")]
    [InlineData("is cancelled")]
    public async Task Whatever_becomes_of_a_step_its_processes_and_files_are_gone(string end)
    {
        using var stop = new CancellationTokenSource();
        var (mark, scratch) = ("", "");
        var figure = new ScriptFigure("a")
        {
            Work = async (_, context, token) =>
            {
                (mark, scratch) = (context.Left.Mark, context.Scratch);
                File.WriteAllText(Path.Combine(scratch, "socket"), "");
                context.Processes.Start(new("stubborn", CpuRole.Application, "/bin/sh", "-c", Stubborn));
                while (Marked(mark) < 4) // two shells, their sleeps
                    await Task.Delay(20, CancellationToken.None);
                if (end == "throws")
                    throw new LabException("it fails");
                if (end == "is cancelled")
                    await stop.CancelAsync();
                token.ThrowIfCancellationRequested();
            },
        };
        if (end == "is cancelled")
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => figure.RunAsync(Folder, stop: stop.Token));
        else
            Assert.Equal(end == "returns" ? ExitCode.Success : ExitCode.Failed, await figure.RunAsync(Folder, stop: stop.Token));
        Assert.Equal(0, Marked(mark));
        Assert.False(Directory.Exists(scratch));
        Assert.Equal(end == "returns", File.Exists(Path.Combine(Folder, "script/raw/a.csv")));
        Assert.Empty(Directory.EnumerateFiles(Folder, ".*"));
    }

    [Fact]
    public void A_list_of_another_user_is_not_obeyed()
    {
        Assert.SkipUnless(Machine.IsRoot, "only root can make a file of another user");
        var (precious, list) = (_scratch.Path("precious"), Path.Combine(Folder, ".left"));
        Directory.CreateDirectory(Folder);
        Directory.CreateDirectory(precious);
        File.WriteAllText(list, $"mark another\npath {precious}\n");
        using (var chown = Process.Start("chown", ["65534", list]))
            chown.WaitForExit();

        var refusal = Assert.Throws<LabException>(() => new Leftovers(Folder));
        Assert.Contains("uid 65534", refusal.Message, StringComparison.Ordinal);
        Assert.True(Directory.Exists(precious) && File.Exists(list));
    }

    [Fact]
    public void What_a_killed_run_has_left_is_removed_by_the_next()
    {
        var folder = _scratch.Path("made");
        Directory.CreateDirectory(Folder);
        Directory.CreateDirectory(folder);
        // As a run leaves it that could do nothing any more.
        using var group = new ProcessGroup("an-earlier-run");
        group.Start(new("stubborn", CpuRole.Application, "/bin/sh", "-c", Stubborn));
        SpinWait.SpinUntil(() => Marked("an-earlier-run") >= 4, TimeSpan.FromSeconds(60));
        File.WriteAllText(Path.Combine(Folder, ".left"), $"mark an-earlier-run\npath {folder}\n");

        using (var left = new Leftovers(Folder))
        {
            Assert.Equal(0, Marked("an-earlier-run"));
            Assert.False(Directory.Exists(folder));
            Assert.NotEqual("an-earlier-run", left.Mark);
        }
        Assert.False(File.Exists(Path.Combine(Folder, ".left")));
    }

    [Fact]
    public void A_watcher_leaves_a_later_run_alone()
    {
        using var left = new Leftovers(Folder);
        Leftovers.Remove(Folder, "another-mark");
        Assert.True(File.Exists(Path.Combine(Folder, ".left")));
        Leftovers.Remove(Folder, left.Mark);
        Assert.False(File.Exists(Path.Combine(Folder, ".left")));
    }

    public void Dispose() => _scratch.Dispose();

    private static int Marked(string mark) => Directory.EnumerateDirectories("/proc").Count(folder =>
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "environ")).Contains($"{Leftovers.Variable}={mark}", StringComparison.Ordinal);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    });
}

using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace MicroView.EndToEnd.Tests;

[Trait("group", "slow")]
public sealed class UpTests
{
    [Fact]
    public async Task A_process_that_starts_to_burn_cpu_raises_an_alarm_that_names_cpu_first()
    {
        using var folder = new TemporaryFolder();
        var prometheus = Microview.FreePort();
        using var up = Microview.Start($"up --plain --scrape-interval 0.1 --learn 5 --sources processes --group-by pid --port 0 --prometheus-port {prometheus} --socket {folder.File("a.sock")}");
        using var shell = StartShell("read go; while :; do :; done");
        var pod = $"sh:{shell.Id}";
        if (!await IsPodAsync(prometheus, pod))
            pod = $"dash:{shell.Id}";
        await GettingStartedTests.EndpointAsync(prometheus, $"microview_anomaly_threshold{{pod=\"{pod}\"");
        await shell.StandardInput.WriteLineAsync("go");
        up.WaitFor(lines => lines.Contains($"ALARM {pod}:", StringComparison.Ordinal), $"alarm of {pod}");
        Assert.Matches(new Regex($"ALARM {Regex.Escape(pod)}: .*explained by process_cpu_seconds_total "), up.Output);
        shell.Kill();
        Assert.Equal(0, up.Stop());
    }

    [Fact]
    public async Task It_watches_this_machine_within_10_s()
    {
        using var folder = new TemporaryFolder();
        var prometheus = Microview.FreePort();
        var watch = Stopwatch.StartNew();
        using var up = Microview.Start($"up --plain --port 0 --prometheus-port {prometheus} --socket {folder.File("a.sock")}");
        await GettingStartedTests.EndpointAsync(prometheus, "process_cpu_seconds_total{");
        Soon.Report($"pods of this machine at the endpoint {watch.Elapsed.TotalSeconds:0.0} s after the start");
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        Assert.Equal(0, up.Stop());
    }

    [Theory]
    [InlineData(PosixSignal.SIGINT)]
    [InlineData(PosixSignal.SIGTERM)]
    public void A_signal_stops_it_and_leaves_nothing_behind(PosixSignal signal)
    {
        using var folder = new TemporaryFolder();
        using var up = Microview.Start($"up --plain --port 0 --prometheus-port 0 --socket {folder.File("a.sock")}");
        up.WaitFor(lines => lines.Contains("endpoint  http://", StringComparison.Ordinal), "endpoint");
        up.Signal(signal);
        Assert.Equal(0, up.WaitForExit());
        Assert.False(File.Exists(folder.File("a.sock")));
        Assert.DoesNotContain("microview: ", up.Errors);
    }

    [Fact]
    public void A_closed_pipe_ends_it_without_a_trace()
    {
        using var folder = new TemporaryFolder();
        var line = $"{Microview.Path} up --plain --sources none --port 0 --prometheus-port 0 --socket {folder.File("a.sock")} | head -1";
        using var pipe = StartShell(line);
        Assert.StartsWith("MicroView", pipe.StandardOutput.ReadLine(), StringComparison.Ordinal);
        Assert.True(pipe.WaitForExit(Microview.Deadline), "still running after its reader had gone");
        Assert.DoesNotContain("   at ", pipe.StandardError.ReadToEnd());
    }

    [Fact]
    public void An_ordinary_user_is_told_what_stays_hidden()
    {
        if (Environment.UserName != "root" || !File.Exists("/usr/bin/setpriv"))
            Assert.Skip("needs root and setpriv, to become another user");
        // What it does not own must be readable to it: the build's folder may not be.
        var reachable = Microview.StartProgram("/usr/bin/setpriv", $"--reuid=65534 --regid=65534 --clear-groups test -r {Microview.Path}");
        if (reachable.WaitForExit() != 0)
            Assert.Skip($"user 65534 cannot read {Microview.Path}");
        using var folder = new TemporaryFolder();
        if (OperatingSystem.IsLinux())
            File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute);
        using var up = Microview.StartProgram("/usr/bin/setpriv",
            $"--reuid=65534 --regid=65534 --clear-groups {Microview.Path} up --plain --port 0 --prometheus-port 0 --socket {folder.File("a.sock")}");
        up.WaitFor(lines => lines.Contains("as uid 65534", StringComparison.Ordinal) && lines.Contains("Not visible: ", StringComparison.Ordinal), "what it cannot see");
        Assert.Equal(0, up.Stop());
    }

    private static Process StartShell(string line)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(line);
        return Process.Start(start)!;
    }

    private static async Task<bool> IsPodAsync(int port, string pod)
    {
        var text = await GettingStartedTests.EndpointAsync(port, $":{pod.Split(':')[1]}\"");
        return text.Contains($"\"{pod}\"", StringComparison.Ordinal);
    }
}

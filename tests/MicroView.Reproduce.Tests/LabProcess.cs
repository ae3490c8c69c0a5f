using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace MicroView.Reproduce.Tests;

/// <summary>The real `microview-lab` as a process of its own.</summary>
internal sealed class LabProcess : IDisposable
{
    /// <summary>Generous: two cores may be shared with a whole test run.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromMinutes(20);

    private readonly Process _process;
    private readonly StringBuilder _output = new();

    public LabProcess(IReadOnlyList<string> arguments, params (string Name, string Value)[] environment)
    {
        // A shell lets what it starts in the background ignore SIGINT, and so would all that these tests start.
        var start = new ProcessStartInfo("/usr/bin/env", ["--default-signal=INT", Path.Combine(AppContext.BaseDirectory, "microview-lab"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Output
    {
        get
        {
            lock (_output)
                return _output.ToString();
        }
    }

    public async Task WaitForAsync(string text)
    {
        for (var watch = Stopwatch.StartNew(); !Output.Contains(text, StringComparison.Ordinal); await Task.Delay(20, TestContext.Current.CancellationToken))
        {
            Assert.True(watch.Elapsed < Deadline, $"no '{text}' in:\n{Output}");
            Assert.False(_process.HasExited && !Output.Contains(text, StringComparison.Ordinal), $"ended before '{text}':\n{Output}");
        }
    }

    /// <summary>Its exit code.</summary>
    public int WaitForExit()
    {
        Assert.True(_process.WaitForExit(Deadline), $"still running:\n{Output}");
        return _process.ExitCode;
    }

    public void Signal(string name) => Signal(name, _process.Id);

    public static void Signal(string name, int process)
    {
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -{name} {process}"]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill();
        _process.WaitForExit(Deadline);
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        lock (_output)
            _output.Append(line).Append('\n');
    }
}

/// <summary>What a run must not leave behind, found by the mark that all of it carries.</summary>
internal static class Remains
{
    public static string MarkOf(string folder) => File.ReadLines(Path.Combine(folder, ".left")).First()["mark ".Length..];

    /// <summary>The process that waits for the end of the run in a folder.</summary>
    public static int WatcherOf(string folder) =>
        int.Parse(Path.GetFileName(Directory.EnumerateDirectories("/proc").First(process => Read(process, "cmdline").Contains($"\0reproduce-watch\0{folder}\0", StringComparison.Ordinal))), CultureInfo.InvariantCulture);

    /// <summary>Processes whose command has a text in it.</summary>
    public static string[] Commands(string text) => [.. Directory.EnumerateDirectories("/proc").Select(folder => Read(folder, "cmdline").Replace('\0', ' ')).Where(command => command.Contains(text, StringComparison.Ordinal))];

    public static string[] Processes(string mark) =>
    [
        .. Directory.EnumerateDirectories("/proc").Where(folder => Read(folder, "environ").Contains($"MICROVIEW_LAB_RUN={mark}", StringComparison.Ordinal))
            .Select(folder => Read(folder, "cmdline").Replace('\0', ' ')),
    ];

    private static string Read(string folder, string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, name));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace MicroView.EndToEnd.Tests;

/// <summary>The real `microview`, as its own process, with its lines.</summary>
internal sealed class Microview : IDisposable
{
    /// <summary>Generous: two cores may be shared with a whole test run.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private static int s_ports = Environment.ProcessId * 97; // test runs side by side begin at different places
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();

    private readonly List<(long At, string Line)> _timed = [];

    private Microview(string program, string arguments, string folder, (string, string)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = folder };
        // Every option has a variable: none of the developer's own decides a test.
        foreach (var inherited in start.Environment.Keys.Where(name => name is "DEFAULT_PAGE_SIZE" or "SHM_POOL_SIZE" || name.StartsWith("MICROVIEW_", StringComparison.Ordinal) && name != "MICROVIEW_DATA").ToArray())
            start.Environment.Remove(inherited);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(_output, line.Data, _timed);
        _process.ErrorDataReceived += (_, line) => Keep(_errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public static string Path => System.IO.Path.Combine(AppContext.BaseDirectory, "microview");

    /// <summary>The real `microview-lab`.</summary>
    public static string LabPath => System.IO.Path.Combine(AppContext.BaseDirectory, "microview-lab");

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Output => Text(_output);

    public string Errors => Text(_errors);

    /// <summary>Starts it with these arguments, split at blanks.</summary>
    public static Microview Start(string arguments, string? folder = null, params (string, string)[] environment) =>
        new(Path, arguments, folder ?? System.IO.Path.GetTempPath(), environment);

    /// <summary>Starts any other program the same way.</summary>
    public static Microview StartProgram(string program, string arguments, params (string, string)[] environment) =>
        new(program, arguments, System.IO.Path.GetTempPath(), environment);

    /// <summary>The NativeAOT binary, where ./test.sh has published one.</summary>
    public static string? NativePath => Environment.GetEnvironmentVariable("MICROVIEW_AOT") is { Length: > 0 } path ? path : null;

    /// <summary>Debian's Python, which every user can run.</summary>
    public static string Python
    {
        get
        {
            if (File.Exists("/usr/bin/python3"))
                return "/usr/bin/python3";
            Promtool.Require("python3", "python3");
            return "python3";
        }
    }

    /// <summary>A script of this project.</summary>
    public static string Script(string name) => System.IO.Path.Combine(AppContext.BaseDirectory, "Scripts", name);

    /// <summary>Lines of stdout that contain <paramref name="part"/>, with the moment they came (CLOCK_MONOTONIC, ns).</summary>
    public (long At, string Line)[] Lines(string part = "")
    {
        lock (_output)
            return [.. _timed.Where(line => line.Line.Contains(part, StringComparison.Ordinal))];
    }

    /// <summary>Gives it a line on stdin.</summary>
    public void Tell(string line = "")
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    /// <summary>kill -9.</summary>
    public void KillHard()
    {
        Signal((PosixSignal)9);
        Assert.True(_process.WaitForExit(Deadline), $"survives kill -9; {this}"); // with a limit: a forked child may hold its stdout
    }

    /// <summary>Runs it to its end.</summary>
    public static (int ExitCode, string Output, string Errors) Run(string arguments, params (string, string)[] environment)
    {
        using var run = Start(arguments, null, environment);
        return (run.WaitForExit(), run.Output, run.Errors);
    }

    /// <summary>
    /// A port that was free a moment ago, and is given out once: below the range from which the kernel takes the ports of connections
    /// and of tests that ask for any free one.
    /// </summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = 10_000 + (int)((uint)Interlocked.Increment(ref s_ports) % 20_000);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // taken: the next
            }
        }
    }

    public int WaitForExit()
    {
        Assert.True(_process.WaitForExit(Deadline), $"still running; {this}");
        _process.WaitForExit(); // the last lines
        return _process.ExitCode;
    }

    /// <summary>Waits until what it has printed, on either stream, satisfies <paramref name="condition"/>.</summary>
    public void WaitFor(Func<string, bool> condition, string what)
    {
        var limit = Stopwatch.StartNew();
        while (!condition(Output + Errors))
        {
            Assert.True(limit.Elapsed < Deadline, $"no {what}; {this}");
            Assert.False(_process.HasExited && !condition(Output + Errors), $"ended before {what}; {this}");
            Thread.Sleep(20);
        }
    }

    public void Signal(PosixSignal signal)
    {
        var name = signal switch { PosixSignal.SIGINT => "INT", PosixSignal.SIGTERM => "TERM", (PosixSignal)18 => "CONT", (PosixSignal)19 => "STOP", _ => "KILL" };
        using var kill = Process.Start("/bin/kill", $"-{name} {_process.Id}");
        kill.WaitForExit();
    }

    /// <summary>Asks it to stop and returns its exit code.</summary>
    public int Stop()
    {
        Signal(PosixSignal.SIGTERM);
        return WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.WaitForExit(Deadline);
        _process.Dispose();
    }

    public override string ToString() => $"{_process.StartInfo.FileName} {_process.StartInfo.Arguments}\n{Output}\n{Errors}";

    private static void Keep(StringBuilder lines, string? line, List<(long, string)>? timed = null)
    {
        if (line is null)
            return;
        lock (lines)
        {
            timed?.Add((Stopwatch.GetTimestamp(), line));
            lines.Append(line).Append('\n');
        }
    }

    private static string Text(StringBuilder lines)
    {
        lock (lines)
            return lines.ToString();
    }
}

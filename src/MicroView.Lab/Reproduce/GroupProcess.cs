using System.Diagnostics;
using System.Text;

namespace MicroView.Lab;

/// <summary>A process of a <see cref="ProcessGroup"/>. Thread-safe.</summary>
internal sealed class GroupProcess : IDisposable
{
    private const int KeptLines = 2000; // of a program without a log file: enough for its results

    private readonly Process _process;
    private readonly StreamWriter? _log;
    private readonly Queue<string> _lines = new();
    private readonly Lock _gate = new();
    private CpuTime _last;

    internal GroupProcess(ProcessPlan plan, ProcessStartInfo start)
    {
        Plan = plan;
        if (plan.Log is { } log)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(log))!);
            _log = new StreamWriter(log, append: true) { AutoFlush = true, NewLine = "\n" };
        }
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        try
        {
            _process.Start();
        }
        catch (global::System.ComponentModel.Win32Exception error)
        {
            _log?.Dispose();
            throw new LabException($"{plan.Name} cannot be started: {error.Message.TrimEnd('.')}", ExitCode.Unavailable, error);
        }
        Id = _process.Id;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public ProcessPlan Plan { get; }

    public int Id { get; }

    public bool HasExited => _process.HasExited;

    /// <summary>Once it has exited; 128 + N after signal N.</summary>
    public int Code => _process.ExitCode;

    /// <summary>Its CPU time when it was last looked at, children included where the plan says that it has some.</summary>
    public CpuTime LastCpu
    {
        get
        {
            lock (_gate)
                return _last;
        }
    }

    /// <summary>What it has printed, both streams; the last lines of it.</summary>
    public string Output
    {
        get
        {
            lock (_gate)
                return string.Join('\n', _lines);
        }
    }

    /// <summary>Its CPU time now.</summary>
    public CpuTime Look()
    {
        var now = Plan.HasChildren ? CpuTime.OfTree(Id) : CpuTime.Of(Id) ?? default;
        lock (_gate)
        {
            // An exited process shows nothing, a tree less: what was seen stays.
            if (now.Total > _last.Total)
                _last = now;
            return _last;
        }
    }

    /// <summary>Waits until its output satisfies a condition.</summary>
    /// <exception cref="LabException">It ended before, or time is up.</exception>
    public async Task WaitForAsync(Func<string, bool> condition, string what, TimeSpan patience, CancellationToken stop)
    {
        for (var watch = Stopwatch.StartNew(); !condition(Output); await Task.Delay(20, stop))
        {
            if (_process.HasExited && !condition(Output))
                throw Failure($"ended with {_process.ExitCode} before {what}");
            if (watch.Elapsed > patience)
                throw Failure($"no {what} within {patience.TotalSeconds:0} s");
        }
    }

    public async Task WaitForExitAsync(CancellationToken stop) => await _process.WaitForExitAsync(stop);

    /// <summary>Asks it to end (SIGTERM), and kills it if it does not.</summary>
    public async Task StopAsync(TimeSpan patience, CancellationToken stop)
    {
        Look();
        Signal("TERM");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(patience);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            _process.Kill(entireProcessTree: Plan.HasChildren);
        }
    }

    /// <summary>Sends a signal by its name without SIG: TERM, INT, STOP, CONT, KILL.</summary>
    public void Signal(string name)
    {
        if (_process.HasExited)
            return;
        // There is no system call for it in .NET; a shell always has kill.
        using var kill = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"kill -{name} {Id}"]) { RedirectStandardError = true })!;
        kill.WaitForExit();
    }

    /// <summary>An end of the step because of this process: with its last line.</summary>
    public LabException Failure(string what)
    {
        var last = Output.Split('\n').LastOrDefault(line => line.Trim().Length > 0);
        return new($"{Plan.Name}: {what}{(last is null ? "" : $"; its last line: {last.Trim()}")}{(Plan.Log is { } log ? $" (log: {log})" : "")}", ExitCode.Failed);
    }

    public void Dispose()
    {
        try
        {
            if (!_process.HasExited)
                _process.Kill(entireProcessTree: Plan.HasChildren);
            _process.WaitForExit(TimeSpan.FromSeconds(10));
        }
        catch (InvalidOperationException)
        {
            // never started
        }
        _process.Dispose();
        lock (_gate)
            _log?.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (_gate)
        {
            _lines.Enqueue(line);
            if (_lines.Count > KeptLines)
                _lines.Dequeue();
            try
            {
                _log?.WriteLine(line);
            }
            catch (ObjectDisposedException)
            {
                // the last words of one that was killed
            }
        }
    }
}

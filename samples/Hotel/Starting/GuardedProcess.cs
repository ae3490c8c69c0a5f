using System.Diagnostics;

namespace Hotel;

/// <summary>
/// A child that ends with its starter, however that ends: it holds our pipe as its stdin and is told by its end. What does not look at stdin by itself is looked after by a shell of a line.
/// Thread-safe.
/// </summary>
internal sealed class GuardedProcess : IDisposable
{
    // The end of stdin becomes a SIGTERM (or what the store wants to be told), and the child's end becomes the shell's.
    private const string Guard = """
        exec 3<&0
        trap : TERM INT HUP
        "$@" </dev/null 3<&- &
        child=$!
        { read -r _ <&3; read -r _ <&3; kill -$SIGNAL $child; } 2>/dev/null &
        reader=$!
        wait $child
        status=$?
        while kill -0 $child 2>/dev/null; do wait $child; status=$?; done
        kill $reader 2>/dev/null
        exit $status
        """;

    private readonly Process _process;

    private GuardedProcess(string name, Process process) => (Name, _process) = (name, process);

    public string Name { get; }

    /// <summary>The child's own id.</summary>
    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Starts a program that ends when its stdin does.</summary>
    /// <param name="name">What it is called in messages.</param>
    /// <param name="log">Where stdout and stderr go.</param>
    /// <param name="program">Program and arguments.</param>
    public static GuardedProcess Start(string name, string log, IEnumerable<string> program) => Run(name, log, ["/bin/sh", "-c", "exec \"$@\" >>\"$LOG\" 2>&1", "sh", .. program], "TERM");

    /// <summary>Starts a program that knows nothing of this.</summary>
    public static GuardedProcess StartGuarded(string name, string log, IEnumerable<string> program, string signal = "TERM") => Run(name, log, ["/bin/sh", "-c", $"exec >>\"$LOG\" 2>&1\n{Guard}", "sh", .. program], signal);

    /// <summary>Asks it to end. Nothing waits.</summary>
    public void Stop()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended.
        }
    }

    /// <summary>Waits for its end, and kills it with all that it started after a while.</summary>
    public async Task EndAsync(TimeSpan patience)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(patience);
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
    }

    public void Dispose() => _process.Dispose();

    private static GuardedProcess Run(string name, string log, string[] command, string signal)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, UseShellExecute = false };
        (start.Environment["LOG"], start.Environment["SIGNAL"]) = (log, signal);
        var process = Process.Start(start)!;
        try
        {
            process.StandardInput.WriteLine();
            process.StandardInput.Flush();
        }
        catch (IOException)
        {
            // It ended at once; whoever waits for it will say so.
        }
        return new GuardedProcess(name, process);
    }
}

using System.Diagnostics;
using System.Runtime.InteropServices;

namespace MicroView.Lab;

/// <summary>
/// A process that waits for the end of a run, and removes what it left if the run could not do so itself: it was killed.
/// </summary>
internal sealed class Watcher : IDisposable
{
    /// <summary>The command of this program that watches.</summary>
    public const string CommandName = "reproduce-watch";

    private readonly Process _process;

    public Watcher(string folder, string mark)
    {
        // A session of its own: Ctrl-C at the terminal is for the run.
        string[] command = [.. Programs.Find("setsid") is { } setsid ? [setsid] : Array.Empty<string>(), Path.Combine(AppContext.BaseDirectory, "microview-lab"), CommandName, Path.GetFullPath(folder), mark];
        // It may outlive the run, and must not hold the streams on which someone waits for the run's end.
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_TieredCompilation"] = "0"; // it only waits
        start.Environment["DOTNET_gcServer"] = "0";
        _process = Process.Start(start)!;
        // Nothing is made before it watches.
        _process.StandardOutput.BaseStream.ReadByte();
    }

    /// <summary>The watching side: returns when the run has ended, however it did.</summary>
    public static void Watch(string folder, string mark)
    {
        // Whoever ends every microview-lab there is, by name, means the run: what it left must still go.
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Ignore);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Ignore);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Ignore);
        using (var output = Console.OpenStandardOutput())
            output.WriteByte((byte)'\n');
        // The run holds the other end of the pipe and never writes.
        using var input = Console.OpenStandardInput();
        input.ReadByte();
        Leftovers.Remove(folder, mark);
    }

    private static void Ignore(PosixSignalContext context) => context.Cancel = true;

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit(10_000);
        _process.Dispose();
    }
}

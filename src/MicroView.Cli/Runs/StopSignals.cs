using System.Runtime.InteropServices;

namespace MicroView.Cli;

/// <summary>SIGINT, SIGTERM and SIGHUP: the first asks for a graceful stop, the second ends the process at once.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop;
    // One stop often comes twice: `timeout` signals its child and then its whole group, a closing terminal sends HUP and TERM.
    private const long OneStopMs = 500;

    private readonly PosixSignalRegistration[] _registrations;
    private long _firstAt;

    public StopSignals(CancellationToken outer)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(outer);
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Receive),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Receive),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, Receive),
        ];
    }

    public CancellationToken Token => _stop.Token;

    /// <summary>Asks for the graceful stop from inside, as `q` does.</summary>
    public void Stop() => _stop.Cancel();

    private void Receive(PosixSignalContext context)
    {
        context.Cancel = true;
        var now = Environment.TickCount64;
        var first = Interlocked.CompareExchange(ref _firstAt, now, 0);
        if (first != 0)
        {
            if (now - first < OneStopMs)
                return;
            TerminalState.Restore();
            // Exit handlers may wait for what hangs; a second signal means now.
            _ = new Timer(_ => System.Diagnostics.Process.GetCurrentProcess().Kill(), null, 1000, Timeout.Infinite);
            Environment.Exit(ExitCode.Interrupted);
        }
        // Continuations of the stop must not run inside the signal handler's thread.
        ThreadPool.QueueUserWorkItem(static stop => stop.Cancel(), _stop, preferLocal: false);
    }

    public void Dispose()
    {
        foreach (var registration in _registrations)
            registration.Dispose();
    }
}

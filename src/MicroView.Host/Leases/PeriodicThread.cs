using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace MicroView.Host;

/// <summary>A thread that does its work at a steady pace until it is disposed; what goes wrong is logged and it goes on.</summary>
/// <remarks>A thread of its own, so that a busy thread pool holds up nothing.</remarks>
internal sealed class PeriodicThread : IDisposable
{
    private readonly TimeSpan _period;
    private readonly Action<long> _work;
    private readonly Action<long>? _missed;
    private readonly ILogger _log;
    private readonly Thread _thread;
    // Without spinning: every turn waits.
    private readonly ManualResetEventSlim _stop = new(false, spinCount: 0);

    /// <param name="name">For people who look at threads, and for the log.</param>
    /// <param name="period">From one turn to the next.</param>
    /// <param name="work">Given the number of the turn, from 0.</param>
    /// <param name="log">Where failures go.</param>
    /// <param name="missed">Told how many turns came too late to be made.</param>
    internal PeriodicThread(string name, TimeSpan period, Action<long> work, ILogger log, Action<long>? missed = null)
    {
        (_period, _work, _log, _missed) = (period, work, log, missed);
        _thread = new(Run) { IsBackground = true, Name = "microview-" + name };
    }

    internal void Start() => _thread.Start();

    /// <summary>Waits for the turn that is being made.</summary>
    public void Dispose()
    {
        _stop.Set();
        if (_thread.IsAlive)
            _thread.Join();
        _stop.Dispose();
    }

    private void Run()
    {
        var due = Stopwatch.GetTimestamp();
        var period = (long)(_period.TotalSeconds * Stopwatch.Frequency);
        for (var turn = 0L; ; turn++)
        {
            due += period;
            var wait = due - Stopwatch.GetTimestamp();
            if (wait < -period)
            {
                _missed?.Invoke(-wait / period);
                due = Stopwatch.GetTimestamp();
            }
            if (_stop.Wait(TimeSpan.FromSeconds(Math.Max(wait, 0) / (double)Stopwatch.Frequency)))
                return;
            try
            {
                _work(turn);
            }
            catch (Exception error)
            {
                _log.Unexpected(_thread.Name!, error.ToString());
            }
        }
    }
}

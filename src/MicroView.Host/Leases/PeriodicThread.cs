using Microsoft.Extensions.Logging;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>A thread that does its work at a steady pace until it is disposed; what goes wrong is logged and it goes on.</summary>
/// <remarks>A thread of its own, so that a busy thread pool holds up nothing.</remarks>
internal sealed class PeriodicThread : IDisposable
{
    private readonly Func<TimeSpan> _period;
    private readonly Action<long> _work;
    private readonly Action<long>? _missed;
    private readonly ILogger _log;
    private readonly Thread _thread;
    private readonly WakeSignal _wake = new();
    private volatile bool _stopping;

    /// <param name="name">For people who look at threads, and for the log.</param>
    /// <param name="period">From one turn to the next; asked before each.</param>
    /// <param name="work">Given the number of the turn, from 0.</param>
    /// <param name="log">Where failures go.</param>
    /// <param name="missed">Told how many turns came too late to be made.</param>
    internal PeriodicThread(string name, Func<TimeSpan> period, Action<long> work, ILogger log, Action<long>? missed = null)
    {
        (_period, _work, _log, _missed) = (period, work, log, missed);
        _thread = new(Run) { IsBackground = true, Name = "microview-" + name };
    }

    internal void Start() => _thread.Start();

    /// <summary>Waits for the turn that is being made.</summary>
    public void Dispose()
    {
        _stopping = true;
        _wake.Set();
        if (_thread.IsAlive)
            _thread.Join();
        _wake.Dispose();
    }

    private void Run()
    {
        var due = Clocks.MonotonicNs;
        for (var turn = 0L; ; turn++)
        {
            var period = _period().Ticks * 100;
            due += period;
            var now = Clocks.MonotonicNs;
            if (due - now < -period)
            {
                _missed?.Invoke((now - due) / period);
                due = now;
            }
            for (; now < due && !_stopping; now = Clocks.MonotonicNs)
                _wake.Wait(due - now);
            if (_stopping)
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

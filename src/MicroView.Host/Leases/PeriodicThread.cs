using Microsoft.Extensions.Logging;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>A thread that does its work at a steady pace until it is disposed; what goes wrong is logged and it goes on.</summary>
/// <remarks>A thread of its own, so that a busy thread pool holds up nothing.</remarks>
internal sealed class PeriodicThread : IDisposable
{
    private const long HurryGapNs = 50_000_000; // what a turn has done may take a moment to show, and must not be done over and over until it does
    private readonly Func<TimeSpan> _period;
    private readonly Action<long> _work;
    private readonly Action<long>? _missed;
    private readonly Action<Exception> _failed;
    private readonly WakingThread _thread;
    private long _dueNs = long.MaxValue, _turn;

    /// <param name="name">For people who look at threads, and for the log.</param>
    /// <param name="period">From one turn to the next; asked before each.</param>
    /// <param name="work">Given the number of the turn, from 0.</param>
    /// <param name="log">Where failures go.</param>
    /// <param name="missed">Told how many turns came too late to be made.</param>
    /// <param name="exits">Processes whose exit has the next turn made at once.</param>
    internal PeriodicThread(string name, Func<TimeSpan> period, Action<long> work, ILogger log, Action<long>? missed = null, ProcessExits? exits = null)
    {
        (_period, _work, _missed) = (period, work, missed);
        _failed = error => log.Unexpected("microview-" + name, error.ToString());
        _thread = new("microview-" + name, Turn, _failed, HurryGapNs, exits);
    }

    internal void Start() => _thread.Start();

    /// <summary>Has the next turn be made now; the one behind it comes a period later. Never waits.</summary>
    internal void Hurry() => _thread.Wake();

    /// <summary>Waits for the turn that is being made.</summary>
    public void Dispose() => _thread.Dispose();

    private long Turn(long nowNs)
    {
        var periodNs = _period().Ticks * 100;
        if (_dueNs < nowNs - periodNs)
        {
            _missed?.Invoke((nowNs - _dueNs) / periodNs);
            _dueNs = nowNs;
        }
        var first = _dueNs == long.MaxValue;
        if (nowNs < _dueNs) // the first, or in a hurry
            _dueNs = nowNs;
        _dueNs += periodNs;
        if (!first)
            Work();
        return _dueNs;
    }

    private void Work()
    {
        try
        {
            _work(_turn++);
        }
        catch (Exception error)
        {
            _failed(error);
        }
    }
}

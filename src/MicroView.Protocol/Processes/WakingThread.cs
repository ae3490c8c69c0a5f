using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace MicroView.Protocol;

/// <summary>
/// A thread that takes turns at the times that each turn names, or sooner when it is woken, and sleeps in between. One wake-up a turn: the thread pool's timers
/// wake up to four threads, and busy work there would hold it up. Thread-safe.
/// </summary>
public sealed class WakingThread : IDisposable
{
    private const long FaultPauseNs = 500_000_000;
    private readonly Func<long, long> _turn;
    private readonly Action<Exception> _fault;
    private readonly long _leastGapNs;
    private readonly SafeFileHandle? _also;
    private readonly WakeSignal _wake = new();
    private readonly Thread _thread;
    private volatile bool _stopping;

    /// <param name="name">For people who look at threads.</param>
    /// <param name="turn">Given the time, CLOCK_MONOTONIC in ns; answers that of the next turn, <see cref="long.MaxValue"/> for when it is woken.</param>
    /// <param name="fault">Told what a turn threw; the next one comes half a second later.</param>
    /// <param name="leastGapNs">Between the beginnings of two turns, however often it is woken.</param>
    /// <param name="exits">Processes of which each that has exited wakes it, too, until a turn has had it taken off; to be disposed after the thread.</param>
    public WakingThread(string name, Func<long, long> turn, Action<Exception> fault, long leastGapNs = 0, ProcessExits? exits = null)
    {
        ArgumentNullException.ThrowIfNull(turn);
        ArgumentNullException.ThrowIfNull(fault);
        (_turn, _fault, _leastGapNs, _also) = (turn, fault, leastGapNs, exits?.File);
        _thread = new Thread(Run) { Name = name, IsBackground = true };
    }

    /// <summary>Takes the first turn, now.</summary>
    public void Start() => _thread.Start();

    /// <summary>Asks for a turn. Never waits; harmless after dispose.</summary>
    public void Wake() => _wake.Set();

    /// <summary>Waits for the turn that is being taken.</summary>
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
        while (!_stopping)
        {
            var now = Clocks.MonotonicNs;
            var next = Take(now);
            if (SleepUntil(next, orWoken: true))
                SleepUntil(now + _leastGapNs, orWoken: false);
        }
    }

    private long Take(long now)
    {
        try
        {
            return _turn(now);
        }
#pragma warning disable CA1031 // Nothing that goes wrong in a turn may end the thread, or the process with it.
        catch (Exception error)
#pragma warning restore CA1031
        {
            _fault(error);
            return now + FaultPauseNs;
        }
    }

    /// <summary>True when it was woken before.</summary>
    private bool SleepUntil(long time, bool orWoken)
    {
        for (var now = Clocks.MonotonicNs; now < time && !_stopping; now = Clocks.MonotonicNs)
            if (_wake.Wait(time - now, orWoken ? _also : null) && orWoken)
                return true;
        return false;
    }
}

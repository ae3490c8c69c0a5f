using System.Threading;
using Microsoft.Extensions.Logging;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>When an LMAP scrapes, and where it runs.</summary>
/// <param name="IntervalNs">From one scrape's deadline to the next, ns; 0: back to back.</param>
/// <param name="Core">The core it is bound to; null: any.</param>
/// <param name="Spin">Spins through the last stretch before a deadline instead of sleeping a little past it.</param>
internal sealed record LmapSchedule(long IntervalNs, int? Core, bool Spin);

/// <summary>
/// The thread of an LMAP: applies what was posted, scrapes, sleeps until the next deadline. Deadlines are absolute, so that they do not
/// drift; those that passed unused are skipped. A post wakes it. A loop of its own beside <see cref="WakingThread"/>: back to back, its looks at the clock
/// would show beside a scrape of one small pod.
/// </summary>
internal sealed class LmapThread : LmapRunner
{
    private const long AccountPeriodNs = 1_000_000_000;
    private const long IdleNs = 50_000_000; // back to back without a pod there is nothing to be back to back with
    private const long UnreadableNs = 5_000_000; // while its transport is not connected
    private const long FaultPauseNs = 100_000_000;
    private const long SpinNs = 200_000; // a sleep ends late by the timer's slack and by the core's own sleep
    private readonly LmapSchedule _schedule;
    private readonly ILogger _logger;
    private readonly WakeSignal _wake = new();
    private readonly Thread _thread;
    private volatile bool _stopping;
    private long _accountNs, _accountCpuNs, _accountScrapes;

    public LmapThread(Lmap lmap, LmapSchedule schedule, ILogger logger) : base(lmap, schedule.IntervalNs)
    {
        _schedule = schedule;
        _logger = logger;
        _thread = new Thread(Run) { Name = $"LMAP {lmap.Index}", IsBackground = true };
    }

    public override void Start() => _thread.Start();

    public override Task PostAsync(LmapChange change)
    {
        Lmap.Post(change);
        _wake.Set();
        return change.Applied.Task;
    }

    public override void Dispose()
    {
        _stopping = true;
        _wake.Set();
        if (_thread.IsAlive)
            _thread.Join();
        _wake.Dispose();
    }

    private void Run()
    {
        if (_schedule.Core is { } core && !Machine.PinThread(core))
            _logger.LogWarning("LMAP {Index} cannot be bound to core {Core}; it runs on any", Lmap.Index, core);
        var deadline = Clocks.MonotonicNs;
        Lmap.Statistics.LastLookNs = _accountNs = deadline;
        while (!_stopping)
        {
            try
            {
                deadline = Turn(deadline);
            }
#pragma warning disable CA1031 // Nothing that goes wrong in a scrape may end the thread.
            catch (Exception error)
#pragma warning restore CA1031
            {
                _logger.LogError("LMAP {Index} had a fault: {Error}", Lmap.Index, error.Message);
                _wake.Wait(FaultPauseNs);
            }
        }
        Lmap.ApplyPost();
        Account(Clocks.MonotonicNs);
    }

    private long Turn(long deadline)
    {
        if (Lmap.HasPost)
            Lmap.ApplyPost();
        var now = Clocks.MonotonicNs;
        Lmap.ScrapeOnce(now);
        if (now - _accountNs >= AccountPeriodNs)
            Account(now);
        if (_schedule.IntervalNs == 0)
        {
            if (Lmap.Pods.Count == 0 || !Lmap.CanRead)
                _wake.Wait(Lmap.Pods.Count == 0 ? IdleNs : UnreadableNs);
            return now;
        }
        var next = deadline + _schedule.IntervalNs;
        now = Clocks.MonotonicNs;
        if (next < now)
            next += (now - next + _schedule.IntervalNs - 1) / _schedule.IntervalNs * _schedule.IntervalNs;
        WaitUntil(next);
        return next;
    }

    /// <summary>Sleeps, but looks at the pods' heartbeats where the next scrape is far, and does not leave who has just come without values until then.</summary>
    private void WaitUntil(long deadline)
    {
        var nextLook = _schedule.IntervalNs > LookPeriodNs ? Clocks.MonotonicNs + LookPeriodNs : long.MaxValue;
        while (!_stopping)
        {
            var now = Clocks.MonotonicNs;
            if (deadline <= now)
                return;
            if (nextLook <= now)
            {
                if (Lmap.HasUnread)
                    Lmap.ScrapeOnce(now);
                else
                    Lmap.LookOnce(now);
                nextLook = now + LookPeriodNs;
            }
            var rest = Math.Min(deadline, nextLook) - now;
            if (!_schedule.Spin)
                _wake.Wait(rest);
            else if (rest > SpinNs)
                _wake.Wait(rest - SpinNs);
            else
                Thread.SpinWait(20);
            if (Lmap.HasPost)
                Lmap.ApplyPost();
        }
    }

    private void Account(long now)
    {
        var statistics = Lmap.Statistics;
        var seconds = (now - _accountNs) / 1e9;
        var cpu = Clocks.ThreadCpuNs;
        if (seconds > 0)
        {
            statistics.ScrapeRate = (statistics.Scrapes - _accountScrapes) / seconds;
            statistics.CpuShare = (cpu - _accountCpuNs) / 1e9 / seconds;
        }
        statistics.CpuNs = cpu;
        (_accountNs, _accountCpuNs, _accountScrapes) = (now, cpu, statistics.Scrapes);
    }
}

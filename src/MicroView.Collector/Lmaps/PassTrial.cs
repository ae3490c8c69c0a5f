using System.Numerics;

namespace MicroView.Collector;

/// <summary>
/// Finds out whether passes are faster with something or without, and keeps to that until the next trial: what fetching ahead is worth differs from processor to processor,
/// and with how much of a cache others leave. For one thread.
/// </summary>
internal sealed class PassTrial
{
    /// <summary>Passes of a trial, half of them with.</summary>
    public const int Passes = 32;

    private const long PeriodNs = 10_000_000_000;
    private readonly long[] _best = new long[2];
    private bool _winner, _isWith;
    private int _pass;
    private long _nextNs = long.MinValue, _beganNs;

    /// <summary>Whether a trial is on, so that <see cref="End"/> is to be told the time.</summary>
    public bool IsOn { get; private set; }

    /// <summary>Whether the pass that begins is to be with.</summary>
    /// <param name="nowNs">About now, ns.</param>
    /// <param name="clock">The time, ns: asked only during a trial.</param>
    public bool Begin(long nowNs, Func<long> clock)
    {
        if (!IsOn)
        {
            if (nowNs < _nextNs)
                return _winner;
            (IsOn, _pass, _nextNs) = (true, 0, nowNs + PeriodNs);
            _best.AsSpan().Fill(long.MaxValue);
        }
        // An order without a period (Thue–Morse), for every other pass may be one that classifies.
        _isWith = (BitOperations.PopCount((uint)_pass) & 1) == 1;
        _beganNs = clock();
        return _isWith;
    }

    /// <summary>The pass of a trial has ended.</summary>
    /// <param name="nowNs">The clock's time, ns.</param>
    public void End(long nowNs)
    {
        // The best of each: whatever disturbs a pass makes it slower.
        ref var best = ref _best[_isWith ? 1 : 0];
        best = Math.Min(best, nowNs - _beganNs);
        if (++_pass < Passes)
            return;
        _winner = _best[1] < _best[0];
        IsOn = false;
    }
}

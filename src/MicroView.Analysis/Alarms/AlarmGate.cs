using System.Numerics;
using System.Runtime.CompilerServices;

namespace MicroView.Analysis;

/// <summary>
/// When anomalous rows make an alarm. Rows are counted in steps of wall time, so that the rules hold from back-to-back rows to minutes.
/// Immutable and thread-safe.
/// </summary>
public sealed record AlarmOptions
{
    /// <summary>Rows closer together than this, in seconds, are one step, anomalous if more than half of its rows are.</summary>
    public double StepSeconds { get; init; } = 0.05;

    /// <summary>m: the alarm opens when this many of the last <see cref="Window"/> steps are anomalous.</summary>
    public int OpenCount { get; init; } = 5;

    /// <summary>n: the steps looked at, at most 64.</summary>
    public int Window { get; init; } = 10;

    /// <summary>
    /// It also opens after this many anomalous steps in a row if they span <see cref="ConsecutiveSeconds"/>: at one row a second, five are
    /// late.
    /// </summary>
    public int ConsecutiveCount { get; init; } = 3;

    /// <summary>See <see cref="ConsecutiveCount"/>.</summary>
    public double ConsecutiveSeconds { get; init; } = 1.5;

    /// <summary>
    /// c: it closes once at most this many of the last <see cref="Window"/> steps were anomalous for <see cref="HoldSeconds"/>.
    /// </summary>
    public int CloseCount { get; init; } = 1;

    /// <summary>See <see cref="CloseCount"/>.</summary>
    public double HoldSeconds { get; init; } = 2;

    /// <summary>Checks ranges.</summary>
    /// <exception cref="ArgumentException">A setting is out of range; the message names it.</exception>
    public void Validate()
    {
        if (Window is < 1 or > 64)
            throw new ArgumentException($"The alarm window must be 1 to 64 steps, not {Window}.");
        if (OpenCount < 1 || OpenCount > Window)
            throw new ArgumentException($"An alarm must open at 1 to {Window} (the window) anomalous steps, not {OpenCount}.");
        if (CloseCount < 0 || CloseCount >= OpenCount)
            throw new ArgumentException($"An alarm must close at fewer anomalous steps than it opens at, {OpenCount}, not {CloseCount}.");
        if (ConsecutiveCount is < 1 or > 64)
            throw new ArgumentException($"Consecutive anomalous steps must be 1 to 64, not {ConsecutiveCount}.");
        if (!(StepSeconds >= 0 && ConsecutiveSeconds >= 0 && HoldSeconds >= 0) || StepSeconds + ConsecutiveSeconds + HoldSeconds > 1e6)
            throw new ArgumentException("Alarm times must not be negative, and less than 1e6 s.");
    }
}

/// <summary>What a row did to an alarm.</summary>
public enum AlarmChange : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It opened.</summary>
    Opened,

    /// <summary>It closed.</summary>
    Closed,
}

/// <summary>
/// m-of-n alarm with hysteresis over decisions of one pod, at times in nanoseconds. Not thread-safe; allocates nothing after its construction.
/// <para>Source: m-of-n is Schwartz's coincidence procedure (IRE Trans. Inf. Theory 1956); steps of wall time and the hysteresis are ours.</para>
/// </summary>
public sealed class AlarmGate
{
    private readonly AlarmOptions _options;
    private readonly ulong _window;
    private readonly long _stepNs;
    private readonly long _consecutiveNs;
    private readonly long _holdNs;
    private ulong _history;
    private long _stepStart = long.MinValue;
    private int _stepRows;
    private int _stepAnomalous;
    private long _runStart;
    private long _quietSince;
    private bool _quiet;

    /// <summary>A closed gate.</summary>
    /// <exception cref="ArgumentException">A setting is out of range; the message names it.</exception>
    public AlarmGate(AlarmOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _window = ulong.MaxValue >> (64 - options.Window);
        _stepNs = (long)(options.StepSeconds * 1e9);
        _consecutiveNs = (long)(options.ConsecutiveSeconds * 1e9);
        _holdNs = (long)(options.HoldSeconds * 1e9);
    }

    /// <summary>Whether the alarm is open.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>Closes the gate and forgets all rows; tells whether it was open.</summary>
    public bool Reset()
    {
        var was = IsOpen;
        IsOpen = false;
        _history = 0;
        _stepStart = long.MinValue;
        _quiet = false;
        return was;
    }

    /// <summary>Takes the decision of a row at a time that advances, or has restarted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public AlarmChange Observe(bool anomalous, long timeNs)
    {
        Step(anomalous, timeNs);
        // The usual row: nothing was anomalous lately.
        return _history == 0 && !IsOpen ? AlarmChange.None : Judge(timeNs);
    }

    /// <summary>Adds what an observation touches.</summary>
    internal void AddTo(WorkingSet set) => set.Add(this, 128);

    private AlarmChange Judge(long timeNs)
    {
        var count = BitOperations.PopCount(_history & _window);
        if (!IsOpen)
        {
            if (count < _options.OpenCount && !IsSustained(timeNs))
                return AlarmChange.None;
            IsOpen = true;
            _quiet = false;
            return AlarmChange.Opened;
        }
        if (count > _options.CloseCount)
        {
            _quiet = false;
            return AlarmChange.None;
        }
        if (!_quiet)
            (_quiet, _quietSince) = (true, timeNs);
        if (timeNs - _quietSince < _holdNs)
            return AlarmChange.None;
        IsOpen = false;
        _history = 0;
        return AlarmChange.Closed;
    }

    /// <summary>
    /// The lowest bit of the history is the current step, revised with each of its rows, so that a decision never waits for its end.
    /// </summary>
    private void Step(bool anomalous, long timeNs)
    {
        if (timeNs < _stepStart)
            Restart(timeNs);
        if (_stepStart == long.MinValue || timeNs - _stepStart >= _stepNs)
        {
            if ((_history & 1) == 0)
                _runStart = timeNs;
            _history <<= 1;
            (_stepStart, _stepRows, _stepAnomalous) = (timeNs, 0, 0);
        }
        _stepRows++;
        _stepAnomalous += anomalous ? 1 : 0;
        _history = (_history & ~1UL) | (2 * _stepAnomalous > _stepRows ? 1UL : 0);
    }

    /// <summary>The pod's clock restarted: the decisions stand, their times do not.</summary>
    private void Restart(long timeNs)
    {
        _stepStart = long.MinValue;
        _runStart = _quietSince = timeNs;
    }

    private bool IsSustained(long timeNs) =>
        BitOperations.TrailingZeroCount(~_history) >= _options.ConsecutiveCount
        && timeNs - _runStart >= _consecutiveNs;
}

namespace MicroView.Analysis;

/// <summary>
/// Chooses a pod's threshold so that its alarms stay within a budget a day, from nothing but its own scores, and goes on doing so. What is
/// extrapolated is what opens an alarm (see <see cref="AlarmGate"/>): per row the level that as many recent scores exceed as it takes. Its
/// excursions above a level u are counted, and the threshold is where an exponential tail through their peaks is crossed as often as the budget allows: u + β·ln(excursions per
/// day / budget), β the mean excess. u rises with experience: only the highest peaks are kept, for
/// <see cref="MemorySeconds"/>. What is far above the threshold is an event and no part of the tail: the n-th alarm of a day raises the threshold by n − 1 times training's own
/// excess. Scores and thresholds are in the detector's unit, times in nanoseconds. Not thread-safe; allocates nothing after its construction.
/// <para>Source: peaks over threshold (Pickands, Ann. Statist. 1975), followed live as by Siffer et al. (KDD 2017); that an alarm's level is extrapolated, not a
/// row's, and the budget a day are ours.</para>
/// </summary>
public sealed class AlarmBudget
{
    /// <summary>How long a peak counts, in seconds.</summary>
    public const double MemorySeconds = 86400;

    // Enough for a mean excess within a fifth, few enough to be the tail.
    private const int MostPeaks = 32;

    // What training's own tail weighs against the peaks seen since, in peaks.
    private const double PriorPeaks = 3;

    // Alarms of the last day that are remembered; more raise the threshold no further.
    private const int MostAlarms = 32;

    // An excursion has ended when so many steps in a row stayed below u.
    private const int QuietSteps = 20;

    private const double SecondsPerDay = 86400;

    private readonly AlarmOptions _gate;
    private readonly double _perDay;
    private readonly double[] _recent;
    private readonly double[] _peaks = new double[MostPeaks];
    private readonly long[] _peakTimes = new long[MostPeaks];
    private readonly long[] _alarms = new long[MostAlarms];
    private double _level, _priorExcess, _peak;
    private int _count, _at, _above, _quiet, _alarmCount;
    private long _started, _last, _stepStart, _nextChoice;
    private readonly long _stepNs;
    private bool _any;

    /// <summary>A budget that knows no scores yet.</summary>
    /// <param name="perDay">False alarms that a pod may have a day, above 0.</param>
    /// <param name="gate">What opens an alarm.</param>
    public AlarmBudget(double perDay, AlarmOptions gate)
    {
        ArgumentNullException.ThrowIfNull(gate);
        if (perDay is not (> 0 and <= 1e6))
            throw new ArgumentOutOfRangeException(nameof(perDay), perDay, "The budget is above 0 alarms a day.");
        gate.Validate();
        (_perDay, _gate) = (perDay, gate);
        _recent = new double[gate.Window];
        _stepNs = (long)(gate.StepSeconds * 1e9);
    }

    /// <summary>The threshold now; infinite before <see cref="Start"/>.</summary>
    public double Threshold { get; private set; } = double.PositiveInfinity;

    /// <summary>How far apart rows are, in seconds: whether a run of them opens an alarm before the window does depends on it.</summary>
    public double SecondsPerRow { get; set; }

    /// <summary>Never below this.</summary>
    public double Least { get; private set; }

    /// <summary>Starts over with the scores of training: their 90th percentile is the first u, and their 99th says how the tail falls.</summary>
    /// <param name="trainingScores">At least one.</param>
    /// <param name="least">The threshold is never below this.</param>
    public void Start(IReadOnlyList<double> trainingScores, double least)
    {
        ArgumentNullException.ThrowIfNull(trainingScores);
        double[] scores = [.. trainingScores];
        Least = least;
        _level = Percentile.Of(scores, 90);
        // An exponential tail falls by a factor of ten from the 90th percentile to the 99th. That is the tail of single rows; what several rows in turn exceed falls
        // faster, by up to as many times as there are rows: half is between that and rows that all say the same.
        _priorExcess = Math.Max(1e-3 * (Math.Abs(least) + 1), (Percentile.Of(scores, 99) - _level) / Math.Log(10) / 2);
        _any = false;
        EndOfContinuity();
        (_count, _above, _alarmCount) = (0, 0, 0);
        Threshold = Math.Max(Least, _level + _priorExcess * Math.Log(SecondsPerDay / _perDay));
    }

    /// <summary>The rows to come do not continue those before.</summary>
    public void EndOfContinuity()
    {
        _recent.AsSpan().Fill(double.NegativeInfinity);
        (_above, _quiet, _stepStart) = (0, 0, long.MinValue);
        _peak = double.NegativeInfinity;
    }

    /// <summary>Takes the score of a row, whose time advances, or has restarted; <see cref="Threshold"/> may move.</summary>
    public void Observe(double score, long timeNs)
    {
        if (!_any || timeNs < _last)
            Rebase(timeNs);
        _last = timeNs;
        if (_stepStart == long.MinValue || timeNs - _stepStart >= _stepNs)
            NextStep(timeNs);
        if (score > _level)
            Climb(score);
        if (timeNs >= _nextChoice)
            Choose();
    }

    /// <summary>Adds what an observation touches.</summary>
    internal void AddTo(WorkingSet set)
    {
        set.Add(this, 192);
        set.Add(_recent);
    }

    private void NextStep(long timeNs)
    {
        _stepStart = timeNs;
        _at = _at + 1 == _recent.Length ? 0 : _at + 1;
        if (_recent[_at] > _level)
            _above--;
        _recent[_at] = double.NegativeInfinity;
        if (_quiet > 0 && --_quiet == 0)
            EndExcursion();
    }

    private void Climb(double score)
    {
        if (score <= _recent[_at])
            return;
        _above += _recent[_at] <= _level ? 1 : 0;
        _recent[_at] = score;
        var reached = Reached();
        if (reached <= _level)
            return;
        _peak = Math.Max(_peak, reached);
        _quiet = QuietSteps;
    }

    /// <summary>The highest threshold that the last rows would have opened an alarm at.</summary>
    private double Reached()
    {
        if (_above < Math.Min(_gate.OpenCount, _gate.ConsecutiveCount))
            return double.NegativeInfinity;
        var inWindow = _above >= _gate.OpenCount ? Nth(_gate.OpenCount) : double.NegativeInfinity;
        return Math.Max(inWindow, InARow());
    }

    /// <summary>The n-th largest of the window.</summary>
    private double Nth(int n)
    {
        Span<double> largest = stackalloc double[64];
        var count = 0;
        foreach (var score in _recent)
        {
            if (count == n && score <= largest[n - 1])
                continue;
            var at = count < n ? count++ : n - 1;
            for (; at > 0 && largest[at - 1] < score; at--)
                largest[at] = largest[at - 1];
            largest[at] = score;
        }
        return largest[n - 1];
    }

    /// <summary>The least of the last consecutive steps that a run needs, when rows are so far apart that a run opens an alarm before the window does.</summary>
    private double InARow()
    {
        var span = (_gate.ConsecutiveCount - 1) * Math.Max(SecondsPerRow, _gate.StepSeconds);
        if (_gate.ConsecutiveCount > _recent.Length || span < _gate.ConsecutiveSeconds)
            return double.NegativeInfinity;
        var least = double.PositiveInfinity;
        for (var i = 0; i < _gate.ConsecutiveCount; i++)
            least = Math.Min(least, _recent[(_at - i + _recent.Length) % _recent.Length]);
        return least;
    }

    private void EndExcursion()
    {
        var peak = _peak;
        _peak = double.NegativeInfinity;
        Forget();
        if (peak > Threshold)
            AddAlarm();
        // What was far above the threshold was an event, not the tail.
        if (peak > Threshold + _priorExcess)
        {
            Choose();
            return;
        }
        if (_count == MostPeaks)
            DropLowest();
        _peaks[_count] = peak;
        _peakTimes[_count++] = _last;
        Choose();
    }

    private void Forget()
    {
        var kept = 0;
        for (var i = 0; i < _count; i++)
        {
            if (_last - _peakTimes[i] > MemorySeconds * 1e9)
                continue;
            (_peaks[kept], _peakTimes[kept++]) = (_peaks[i], _peakTimes[i]);
        }
        _count = kept;
        var alarms = _alarms.AsSpan(0, _alarmCount);
        var first = 0;
        while (first < alarms.Length && _last - alarms[first] > MemorySeconds * 1e9)
            first++;
        alarms[first..].CopyTo(alarms);
        _alarmCount -= first;
    }

    private void AddAlarm()
    {
        if (_alarmCount == MostAlarms)
            _alarms.AsSpan(1).CopyTo(_alarms);
        else
            _alarmCount++;
        _alarms[_alarmCount - 1] = _last;
    }

    private void DropLowest()
    {
        var lowest = 0;
        for (var i = 1; i < _count; i++)
            if (_peaks[i] < _peaks[lowest])
                lowest = i;
        if (_peaks[lowest] > _level)
            Raise(_peaks[lowest]);
        (_peaks[lowest], _peakTimes[lowest]) = (_peaks[_count - 1], _peakTimes[_count - 1]);
        _count--;
    }

    private void Raise(double level)
    {
        _level = level;
        _above = 0;
        foreach (var score in _recent)
            _above += score > level ? 1 : 0;
    }

    private void Choose()
    {
        // Also without excursions: that there were none says more with each hour, and what is a day old is over.
        Forget();
        var seconds = Math.Max(1, (_last - _started) / 1e9);
        _nextChoice = _last + (long)(Math.Max(10, seconds / 4) * 1e9);
        var excess = PriorPeaks * _priorExcess;
        var above = 0;
        for (var i = 0; i < _count; i++)
        {
            if (_peaks[i] <= _level)
                continue;
            excess += _peaks[i] - _level;
            above++;
        }
        var mean = excess / (PriorPeaks + above);
        // One more than seen: a short time without excursions is no proof that there are none.
        var perDay = (above + 1) * SecondsPerDay / Math.Min(MemorySeconds, seconds);
        // The first alarm is believed, the n-th of a day less than the one before: each asks for n − 1 times what the tail of training falls in.
        var doubt = _alarmCount * (_alarmCount - 1) / 2 * _priorExcess;
        Threshold = Math.Max(Least, _level + mean * Math.Log(Math.Max(1, perDay / _perDay)) + doubt);
    }

    private void Rebase(long timeNs)
    {
        // A clock that restarts: what is known stays, its times move.
        var shift = _any ? timeNs - _last : 0;
        for (var i = 0; i < _count; i++)
            _peakTimes[i] += shift;
        for (var i = 0; i < _alarmCount; i++)
            _alarms[i] += shift;
        _started = _any ? _started + shift : timeNs;
        _nextChoice = _any ? _nextChoice + shift : timeNs + (long)10e9;
        if (_any)
            EndOfContinuity();
        _any = true;
    }
}

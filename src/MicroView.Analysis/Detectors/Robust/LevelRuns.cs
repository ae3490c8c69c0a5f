namespace MicroView.Analysis;

/// <summary>
/// What becomes of features that have left their centres: whether one that is out on one side stands there now, and whether it is back where it once stood. Not
/// thread-safe; allocates nothing after its construction.
/// <list type="bullet">
/// <item>One that has been out on one side for most of the hold limit stands there, whatever it is.</item>
/// <item>A count (connections, threads, replicas) that strays there no more than it used to stands there after the settling time already.</item>
/// <item>Where a feature stood is remembered. Back there it is at home at once, and a count that has stood at two levels is at home at both; anything else forgets the
/// level that it left by going back, so that an incident of the same size is one again.</item>
/// </list>
/// </summary>
internal sealed class LevelRuns(int dimension)
{
    // Levels remembered beside the present one.
    private const int Known = 3;

    // Rows inside that undo one outside: a run is what is out for two thirds of its rows.
    private const int Forgiving = 2;

    // A level at which a feature strays more than this many of its scales is none yet.
    private const double MostSpread = 2;

    private readonly int[] _run = new int[dimension];
    private readonly Moments[] _hold = new Moments[dimension], _settle = new Moments[dimension];
    private readonly double[] _levels = new double[dimension * Known];
    private readonly bool[] _counts = new bool[dimension];

    /// <summary>Whether any feature is out.</summary>
    public bool Any { get; set; }

    /// <summary>Forgets everything; the features to come are counts as told.</summary>
    public void Start(TrainingFacts facts)
    {
        for (var i = 0; i < _counts.Length; i++)
            _counts[i] = facts.IsCount(i);
        Array.Fill(_levels, double.NaN);
        End();
    }

    /// <summary>The rows to come do not continue those before.</summary>
    public void End()
    {
        _run.AsSpan().Clear();
        Any = false;
    }

    /// <summary>A missing value of feature <paramref name="i"/>: it ends no run.</summary>
    public void Skip(int i) => Any |= _run[i] != 0;

    /// <summary>
    /// The remembered level of feature <paramref name="i"/> that <paramref name="value"/> is nearest to, nearer than to <paramref name="center"/>; NaN without one. Of a count, whatever the
    /// distance: several levels are usual then. Anything else must really be back.
    /// </summary>
    public double GoBack(int i, double value, double center, double scale)
    {
        var levels = _levels.AsSpan(i * Known, Known);
        var nearest = -1;
        var distance = Math.Min(Math.Abs(value - center), _counts[i] ? double.MaxValue : DeviationTracker.Clip * scale);
        for (var k = 0; k < Known; k++)
            if (Math.Abs(value - levels[k]) < distance)
                (nearest, distance) = (k, Math.Abs(value - levels[k]));
        if (nearest < 0)
            return double.NaN;
        var level = levels[nearest];
        levels[nearest] = _counts[i] ? center : double.NaN;
        return level;
    }

    /// <summary>
    /// Takes a value of feature <paramref name="i"/> that is out on a side, or inside (0); where it stands now if it has come to stand elsewhere, else NaN.
    /// </summary>
    public double Observe(int i, int side, double value, double center, double scale, Pace pace)
    {
        if (side != 0 && Math.Sign(_run[i]) != side)
        {
            _run[i] = 0;
            _hold[i] = _settle[i] = default;
        }
        // An inside row brings a run nearer to its end.
        _run[i] += side != 0 ? side : -Math.Sign(_run[i]) * Math.Min(Forgiving, Math.Abs(_run[i]));
        if (_run[i] == 0)
            return double.NaN;
        Any = true;
        _hold[i].Add(value);
        _settle[i].Add(value);
        if (_counts[i] && _settle[i].Count >= pace.SettleRows)
        {
            if (_settle[i].Deviation <= MostSpread * scale)
                return Stand(i, _settle[i].Mean, center);
            _settle[i] = default;
        }
        return Math.Abs(_run[i]) >= pace.HoldRows ? Stand(i, _hold[i].Mean, center) : double.NaN;
    }

    private double Stand(int i, double level, double left)
    {
        _run[i] = 0;
        var levels = _levels.AsSpan(i * Known, Known);
        levels[..^1].CopyTo(levels[1..]);
        levels[0] = left;
        return level;
    }

    /// <summary>Mean and deviation of the values of a run, from its first value on.</summary>
    private struct Moments
    {
        private double _first, _sum, _squares;

        public int Count { get; private set; }

        public readonly double Mean => _first + _sum / Count;

        public readonly double Deviation => Math.Sqrt(Math.Max(0, _squares / Count - _sum / Count * (_sum / Count)));

        public void Add(double value)
        {
            if (Count++ == 0)
                _first = value;
            _sum += value - _first;
            _squares += (value - _first) * (value - _first);
        }
    }
}

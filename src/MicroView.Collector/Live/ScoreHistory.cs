namespace MicroView.Collector;

/// <summary>
/// The last two minutes of one pod's score and threshold, a point a second: the highest of that second against its threshold. A second without a
/// judged, fresh row is NaN. For one thread.
/// </summary>
internal sealed class ScoreHistory
{
    /// <summary>Points kept.</summary>
    public const int Capacity = 120;

    private readonly float[] _scores = new float[Capacity], _thresholds = new float[Capacity];
    private int _next;
    private float _score = float.NaN, _threshold = float.NaN;

    /// <summary>Points so far, at most <see cref="Capacity"/>.</summary>
    public int Count { get; private set; }

    /// <summary>A point, oldest first.</summary>
    public (float Score, float Threshold) this[int index]
    {
        get
        {
            var at = (_next - Count + index + Capacity) % Capacity;
            return (_scores[at], _thresholds[at]);
        }
    }

    /// <summary>Takes what was seen within the second.</summary>
    public void Take(double score, double threshold)
    {
        if (!(threshold > 0) || !double.IsFinite(score))
            return;
        if (float.IsNaN(_score) || score / threshold > _score / _threshold)
            (_score, _threshold) = ((float)score, (float)threshold);
    }

    /// <summary>Ends the second.</summary>
    public void Close()
    {
        (_scores[_next], _thresholds[_next]) = (_score, _threshold);
        _next = (_next + 1) % Capacity;
        Count = Math.Min(Count + 1, Capacity);
        (_score, _threshold) = (float.NaN, float.NaN);
    }
}

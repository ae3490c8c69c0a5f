namespace MicroView.Lab;

/// <summary>One threshold of a ranking: everything scored at least <paramref name="Threshold"/> is called anomalous.</summary>
/// <param name="Threshold">A score that occurs.</param>
/// <param name="TruePositives">Positives at or above it.</param>
/// <param name="FalsePositives">Negatives at or above it.</param>
internal readonly record struct RankingPoint(double Threshold, int TruePositives, int FalsePositives);

/// <summary>
/// How well scores rank positives above negatives. Rows of equal score count together, so the order of the input decides nothing. Immutable.
/// </summary>
internal sealed class Ranking
{
    private readonly RankingPoint[] _points;

    /// <summary>Ranks scores (not NaN) with their labels, of the same length.</summary>
    public Ranking(ReadOnlySpan<double> scores, ReadOnlySpan<bool> labels)
    {
        if (scores.Length != labels.Length)
            throw new ArgumentException("There must be a label for each score.", nameof(labels));
        var keys = scores.ToArray();
        var values = labels.ToArray();
        Array.Sort(keys, values);
        var points = new List<RankingPoint>();
        for (var i = keys.Length - 1; i >= 0; i--)
        {
            if (values[i])
                Positives++;
            else
                Negatives++;
            if (i == 0 || keys[i - 1] != keys[i])
                points.Add(new RankingPoint(keys[i], Positives, Negatives));
        }
        _points = [.. points];
    }

    public int Positives { get; }

    public int Negatives { get; }

    /// <summary>Every distinct score, highest first.</summary>
    public ReadOnlySpan<RankingPoint> Points => _points;

    /// <summary>Average precision: Σ (Rₙ − Rₙ₋₁)·Pₙ over the distinct scores, as scikit-learn's; NaN without positives.</summary>
    public double AveragePrecision
    {
        get
        {
            var (sum, before) = (0.0, 0);
            foreach (var point in _points)
            {
                sum += (point.TruePositives - before) * (point.TruePositives / (double)(point.TruePositives + point.FalsePositives));
                before = point.TruePositives;
            }
            return Positives > 0 ? sum / Positives : double.NaN;
        }
    }

    /// <summary>Area under the ROC curve, by trapezoids; NaN without positives or negatives.</summary>
    public double RocArea
    {
        get
        {
            var (sum, before) = (0.0, default(RankingPoint));
            foreach (var point in _points)
            {
                sum += (point.FalsePositives - before.FalsePositives) * (point.TruePositives + before.TruePositives) / 2.0;
                before = point;
            }
            return Positives > 0 && Negatives > 0 ? sum / Positives / Negatives : double.NaN;
        }
    }

    /// <summary>The best F1 of any threshold, and that threshold; an oracle's.</summary>
    public (double F1, double Threshold) BestF1()
    {
        var best = (F1: 0.0, Threshold: double.PositiveInfinity);
        foreach (var point in _points)
            if (new Confusion(point.TruePositives, point.FalsePositives, Positives - point.TruePositives, Negatives - point.FalsePositives).F1 is var f1 && f1 > best.F1)
                best = (f1, point.Threshold);
        return best;
    }
}

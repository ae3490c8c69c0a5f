namespace MicroView.Analysis;

/// <summary>
/// Mean and effective deviation of each feature over the training rows, in its unit: z = (x − μ) / max(σ, floor). Immutable and thread-safe.
/// <para>The floor is the larger of the feature's resolution and a small part of |μ| (<c>relativeFloor</c>), so that neither
/// rounding noise nor a trifle on an idle metric is an event. A feature that was constantly 0 and has no resolution has no
/// scale at all; its unit is taken (z is then the change itself). |z| never exceeds <see cref="Limit"/>. A feature that was never seen in
/// training is ignored (z = 0). A value that was a whole number throughout is a count (connections, threads, replicas); how little one of it may weigh, the detector says.</para>
/// <para>Source: z-scores as in the paper's Sec. 4; floor and bound are ours.</para>
/// </summary>
public sealed class FeatureScaling
{
    /// <summary>Bound on |z|: far above any threshold, low enough that squares and their differences keep their precision.</summary>
    public const double Limit = 1e6;

    // Per eight features: eight means, then eight inverse deviations, so that a row's pass reads one stream.
    private readonly AlignedRow _blocks;
    private readonly double[] _floorShares;
    private readonly bool[] _counts;

    /// <summary>Scaling of the features of <paramref name="map"/> from the statistics of their training rows.</summary>
    /// <param name="map">The features.</param>
    /// <param name="statistics">Of all training rows, in the features' units.</param>
    /// <param name="relativeFloor">A feature's floor as a part of its |mean|.</param>
    /// <param name="countFloor">The floor of a count, in its unit; one that was always 0 has none.</param>
    public FeatureScaling(FeatureMap map, RunningStatistics statistics, double relativeFloor, double countFloor = 0)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(statistics);
        _blocks = new AlignedRow(2 * map.Stride);
        _floorShares = new double[map.Count];
        _counts = new bool[map.Count];
        for (var i = 0; i < map.Count; i++)
        {
            if (statistics.Count(i) == 0)
                continue;
            var mean = statistics.Mean(i);
            var floor = Math.Max(map[i].Resolution, relativeFloor * Math.Abs(mean));
            _counts[i] = map[i].Kind == FeatureKind.Value && statistics.IsWhole(i);
            if (_counts[i] && (mean != 0 || statistics.Deviation(i) > 0))
                floor = Math.Max(floor, countFloor);
            var deviation = Math.Max(statistics.Deviation(i), floor);
            var at = Block(i);
            _blocks[at] = mean;
            _floorShares[i] = deviation > 0 ? floor / deviation : 1;
            _blocks[at + 8] = deviation > 0 && double.IsFinite(1 / deviation) ? 1 / deviation : 1;
        }
    }

    /// <summary>Scaling by means and effective deviations that are known; infinite for a feature to be ignored.</summary>
    /// <exception cref="ArgumentException">The lengths differ, a mean is not finite, or a deviation is not positive.</exception>
    public FeatureScaling(ReadOnlySpan<double> means, ReadOnlySpan<double> deviations)
    {
        if (means.Length != deviations.Length || means.IsEmpty)
            throw new ArgumentException($"There are {means.Length} means and {deviations.Length} deviations.");
        _blocks = new AlignedRow(2 * RowMatrix.Padded(means.Length));
        _floorShares = new double[means.Length];
        _counts = new bool[means.Length];
        for (var i = 0; i < means.Length; i++)
        {
            if (!double.IsFinite(means[i]) || !(deviations[i] > 0))
                throw new ArgumentException($"The scaling of feature {i} is {means[i]} ± {deviations[i]}.");
            var inverse = 1 / deviations[i];
            (_blocks[Block(i)], _blocks[Block(i) + 8]) = (means[i], double.IsFinite(inverse) ? inverse : 1);
        }
    }

    internal ReadOnlySpan<double> Blocks => _blocks;

    /// <summary>Training mean of feature <paramref name="index"/>, in its unit.</summary>
    public double Mean(int index) => _blocks[Block(index)];

    /// <summary>
    /// Effective deviation of feature <paramref name="index"/>, in its unit; infinite for a feature never seen in training.
    /// </summary>
    public double Deviation(int index) => 1 / _blocks[Block(index) + 8];

    /// <summary>Which part of each effective deviation is its floor, 0..1; 1 where the feature stood still.</summary>
    public ReadOnlyMemory<double> FloorShares => _floorShares;

    /// <summary>Which features are counts: gauges whose values in training were whole numbers.</summary>
    public ReadOnlyMemory<bool> Counts => _counts;

    /// <summary>
    /// z-scores of a raw feature row (NaN or infinite where missing, which gives <paramref name="missingValue"/>); both spans hold one value per feature.
    /// </summary>
    public void Standardize(ReadOnlySpan<double> features, Span<double> z, double missingValue = 0)
    {
        for (var i = 0; i < Math.Min(features.Length, _blocks.Length / 2); i++)
        {
            var deviation = (features[i] - _blocks[Block(i)]) * _blocks[Block(i) + 8];
            z[i] = double.IsFinite(deviation) ? Math.Clamp(deviation, -Limit, Limit) : missingValue;
        }
    }

    /// <summary>Adds what a row touches.</summary>
    internal void AddTo(WorkingSet set)
    {
        set.Add(this, 64);
        _blocks.AddTo(set);
    }

    private static int Block(int index) => (index & ~7) * 2 + (index & 7);
}

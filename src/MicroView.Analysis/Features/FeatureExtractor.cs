using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MicroView.Analysis;

/// <summary>What became of a row handed to a <see cref="FeatureExtractor"/>.</summary>
public enum RowOutcome : byte
{
    /// <summary>Features were written.</summary>
    Accepted,

    /// <summary>The first row: there is nothing yet to take differences from.</summary>
    First,

    /// <summary>Not later than the previous row; ignored.</summary>
    NotLater,
}

/// <summary>
/// Turns rows of slots (doubles, folded over stripes; <see cref="FeatureMap.SlotCount"/> of them) with their time in nanoseconds into rows of features. Keeps the
/// previous row of one pod. A row or a target that is too short is an <see cref="ArgumentException"/>. Not thread-safe; allocates nothing after its construction.
/// <para>A counter that fell was reset: its whole value counts as the increase. A value that is NaN or infinite, or whose
/// predecessor was, is missing for that row. Rows with a time that does not advance are ignored, but after
/// <see cref="RebaseAfter"/> of them in a row the clock is taken to have restarted and the next row is a first row. Source: resets as in Prometheus' rate().</para>
/// </summary>
public sealed class FeatureExtractor
{
    /// <summary>Consecutive rows with a time that does not advance after which the clock is taken to have restarted.</summary>
    public const int RebaseAfter = 10;

    private readonly FeatureMap _map;
    private readonly AlignedRow _previous;
    private readonly double[] _current;
    private readonly double[] _histogramCount;
    private readonly double[] _histogramSum;
    private long _time;
    private int _late;
    private bool _started;

    /// <summary>An extractor that has seen no row.</summary>
    public FeatureExtractor(FeatureMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        _map = map;
        _previous = new AlignedRow(map.Stride);
        // A direct map reads the caller's row; only its last, incomplete block is copied.
        _current = new double[map.IsDirect ? (map.Count % 8 == 0 ? 0 : 8) : map.Stride];
        _histogramCount = new double[map.Histograms.Length];
        _histogramSum = new double[map.Histograms.Length];
    }

    /// <summary>The map this extractor was made for.</summary>
    public FeatureMap Map => _map;

    /// <summary>
    /// An extractor for a newer layout: features with the same slots keep their previous value and so their rates; new counters are
    /// missing for one row.
    /// </summary>
    public FeatureExtractor Extend(FeatureMap map)
    {
        var next = new FeatureExtractor(map) { _time = _time, _late = _late, _started = _started };
        next._previous.Span[..map.Count].Fill(double.NaN);
        next._histogramCount.AsSpan().Fill(double.NaN);
        for (var i = 0; i < map.Count; i++)
        {
            var old = IndexOf(map[i], i);
            if (old < 0)
                continue;
            next._previous[i] = _previous[old];
            var from = _map.Histograms.IndexOf(old);
            if (from < 0)
                continue;
            var to = map.Histograms.IndexOf(i);
            next._histogramCount[to] = _histogramCount[from];
            next._histogramSum[to] = _histogramSum[from];
        }
        return next;
    }

    /// <summary>
    /// Writes the features of a row, NaN where missing. <paramref name="slots"/> holds at least <see cref="FeatureMap.SlotCount"/>
    /// doubles, <paramref name="features"/> <see cref="FeatureMap.Count"/> rounded up to a multiple of eight.
    /// </summary>
    public RowOutcome Extract(ReadOnlySpan<double> slots, long timeNs, Span<double> features)
    {
        CheckLengths(slots, features);
        var outcome = Advance(timeNs, out var perSecond);
        if (outcome == RowOutcome.NotLater)
            return outcome;
        var row = Gather(slots, out var tail);
        var bits = _map.RateBits;
        if (Vector512.IsHardwareAccelerated)
            ExtractRow<Ops512, Vector512<double>>(row, tail, perSecond, features, bits);
        else if (Vector256.IsHardwareAccelerated)
            ExtractRow<Ops256, Vector256<double>>(row, tail, perSecond, features, bits);
        else
            ExtractRow<Ops128, Vector128<double>>(row, tail, perSecond, features, bits);
        features[_map.Count.._map.Stride].Clear();
        return outcome;
    }

    /// <summary>
    /// Writes the z-scores of a row, <paramref name="missingValue"/> where missing; spans as in <see cref="Extract"/>. Gives ‖z‖² of those
    /// that are not, and the number of missing features.
    /// </summary>
    public RowOutcome Standardize(
        ReadOnlySpan<double> slots, long timeNs, FeatureScaling scaling, Span<double> z, out double squaredNorm, out int missing, double missingValue = 0)
    {
        ArgumentNullException.ThrowIfNull(scaling);
        CheckLengths(slots, z);
        squaredNorm = 0;
        missing = 0;
        var outcome = Advance(timeNs, out var perSecond);
        if (outcome == RowOutcome.NotLater)
            return outcome;
        var row = Gather(slots, out var tail);
        if (Vector512.IsHardwareAccelerated)
            squaredNorm = StandardizeRow<Ops512, Vector512<double>>(row, tail, perSecond, scaling.Blocks, z, missingValue, ref missing);
        else if (Vector256.IsHardwareAccelerated)
            squaredNorm = StandardizeRow<Ops256, Vector256<double>>(row, tail, perSecond, scaling.Blocks, z, missingValue, ref missing);
        else
            squaredNorm = StandardizeRow<Ops128, Vector128<double>>(row, tail, perSecond, scaling.Blocks, z, missingValue, ref missing);
        return outcome;
    }

    /// <summary>The next row continues nothing: it is a first row, whatever its time.</summary>
    public void Restart() => _started = false;

    /// <summary>Adds what a row touches.</summary>
    internal void AddTo(WorkingSet set)
    {
        set.Add(this, 96);
        set.Add(_map, 96);
        set.Add(_map.RateBits);
        _previous.AddTo(set);
        set.Add(_current);
    }

    private void ExtractRow<TOps, V>(
        ReadOnlySpan<double> row, ReadOnlySpan<double> tail, double perSecond, Span<double> features, ReadOnlySpan<byte> bits)
        where TOps : struct, IVectorOps<V> where V : struct
    {
        RowKernel<TOps, V>.Extract(row, _previous, bits, perSecond, features[..row.Length]);
        if (!tail.IsEmpty)
            RowKernel<TOps, V>.Extract(tail, _previous.Span[row.Length..], bits[(row.Length / 8)..], perSecond, features[row.Length..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private double StandardizeRow<TOps, V>(
        ReadOnlySpan<double> row, ReadOnlySpan<double> tail, double perSecond, ReadOnlySpan<double> scaling, Span<double> z,
        double missingValue, ref int missing)
        where TOps : struct, IVectorOps<V> where V : struct
    {
        ReadOnlySpan<byte> bits = _map.RateBits;
        var norm = RowKernel<TOps, V>.Standardize(row, _previous, bits, perSecond, scaling, z, missingValue, ref missing);
        if (tail.IsEmpty)
            return norm;
        var at = row.Length;
        return norm + RowKernel<TOps, V>.Standardize(
            tail, _previous.Span[at..], bits[(at / 8)..], perSecond, scaling[(2 * at)..], z[at..], missingValue, ref missing);
    }

    private void CheckLengths(ReadOnlySpan<double> slots, Span<double> target)
    {
        if (slots.Length < _map.SlotCount || target.Length < _map.Stride)
            ThrowLengths(slots.Length, target.Length);
    }

    private void ThrowLengths(int slots, int target) => throw new ArgumentException(slots < _map.SlotCount
        ? $"The row has {slots} slots, the feature map reads {_map.SlotCount}."
        : $"The target holds {target} values, {_map.Stride} are written.");

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private RowOutcome Advance(long timeNs, out double perSecond)
    {
        if (!_started || timeNs <= _time)
            return Restart(timeNs, out perSecond);
        perSecond = 1e9 / (timeNs - _time);
        _late = 0;
        _time = timeNs;
        return RowOutcome.Accepted;
    }

    private RowOutcome Restart(long timeNs, out double perSecond)
    {
        perSecond = 0;
        if (_started && ++_late < RebaseAfter)
            return RowOutcome.NotLater;
        _started = true;
        _late = 0;
        _time = timeNs;
        return RowOutcome.First;
    }

    /// <summary>The row in feature order: whole blocks of eight, and for a direct map the incomplete last block apart.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<double> Gather(ReadOnlySpan<double> slots, out ReadOnlySpan<double> tail)
    {
        tail = default;
        if (!_map.IsDirect)
            return GatherRuns(slots);
        var whole = _map.Count & ~7;
        if (whole < _map.Count)
        {
            slots[whole.._map.Count].CopyTo(_current);
            tail = _current;
        }
        return slots[..whole];
    }

    private double[] GatherRuns(ReadOnlySpan<double> slots)
    {
        foreach (var run in _map.Runs)
            slots.Slice(run.Source, run.Length).CopyTo(_current.AsSpan(run.Target));
        GatherHistograms(slots);
        return _current;
    }

    private void GatherHistograms(ReadOnlySpan<double> slots)
    {
        var histograms = _map.Histograms;
        for (var h = 0; h < histograms.Length; h++)
        {
            var feature = _map[histograms[h]];
            var count = 0.0;
            foreach (var slot in feature.Slots)
                count += slots[slot];
            _current[histograms[h]] = feature.Kind == FeatureKind.HistogramRate ? count : Mean(h, count, slots[feature.SumSlot]);
        }
    }

    private double Mean(int histogram, double count, double sum)
    {
        var observations = count - _histogramCount[histogram];
        var total = sum - _histogramSum[histogram];
        if (observations < 0)
            (observations, total) = (count, sum);
        (_histogramCount[histogram], _histogramSum[histogram]) = (count, sum);
        return observations > 0 ? total / observations : double.NaN;
    }

    private int IndexOf(Feature feature, int likely)
    {
        if (likely < _map.Count && _map[likely].SameSource(feature))
            return likely;
        if (feature.Slots[0] >= _map.SlotCount)
            return -1; // none of the old features has such a slot: looking for each of thousands that are new would be quadratic
        for (var i = 0; i < _map.Count; i++)
            if (_map[i].SameSource(feature))
                return i;
        return -1;
    }
}

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MicroView.Analysis;

/// <summary>One pass over a row: counters to rates, missing values out, z-scores, squared norm. All spans are padded to eight.</summary>
internal static class RowKernel<TOps, V> where TOps : struct, IVectorOps<V> where V : struct
{
    /// <summary>
    /// Rates and values of a row; NaN where missing. <paramref name="previous"/> becomes <paramref name="current"/>.
    /// </summary>
    public static void Extract(
        ReadOnlySpan<double> current, Span<double> previous, ReadOnlySpan<byte> rateBits, double perSecond, Span<double> features)
    {
        ref var c = ref MemoryMarshal.GetReference(current);
        ref var p = ref MemoryMarshal.GetReference(previous);
        ref var f = ref MemoryMarshal.GetReference(features);
        var scale = TOps.Broadcast(perSecond);
        var infinity = TOps.Broadcast(double.PositiveInfinity);
        var missing = TOps.Broadcast(double.NaN);
        var length = Math.Min(features.Length, Math.Min(current.Length, previous.Length));
        for (var i = 0; i < length; i += TOps.Count)
        {
            var value = Feature(ref c, ref p, i, rateBits, scale);
            TOps.Store(TOps.Select(TOps.LessThan(TOps.Abs(value), infinity), value, missing), ref f, (nuint)i);
        }
    }

    /// <summary>
    /// z-scores of a row, <paramref name="missingValue"/> where missing. <paramref name="scaling"/> holds, per eight features, eight means and eight inverse
    /// deviations. Returns ‖z‖² and adds the missing features to <paramref name="missing"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static double Standardize(
        ReadOnlySpan<double> current, Span<double> previous, ReadOnlySpan<byte> rateBits, double perSecond,
        ReadOnlySpan<double> scaling, Span<double> z, double missingValue, ref int missing)
    {
        ref var c = ref MemoryMarshal.GetReference(current);
        ref var p = ref MemoryMarshal.GetReference(previous);
        ref var s = ref MemoryMarshal.GetReference(scaling);
        ref var target = ref MemoryMarshal.GetReference(z);
        var scale = TOps.Broadcast(perSecond);
        var infinity = TOps.Broadcast(double.PositiveInfinity);
        var limit = TOps.Broadcast(FeatureScaling.Limit);
        var negativeLimit = TOps.Broadcast(-FeatureScaling.Limit);
        var zero = TOps.Broadcast(0);
        var absent = TOps.Broadcast(missingValue);
        var norm = zero;
        var one = TOps.Broadcast(1);
        var lost = zero;
        var length = Math.Min(Math.Min(z.Length, scaling.Length / 2), Math.Min(current.Length, previous.Length));
        for (var i = 0; i < length; i += TOps.Count)
        {
            var value = Feature(ref c, ref p, i, rateBits, scale);
            var block = (nuint)((i & ~7) * 2 + (i & 7));
            var deviation = TOps.Multiply(TOps.Subtract(value, TOps.Load(ref s, block)), TOps.Load(ref s, block + 8));
            var present = TOps.LessThan(TOps.Abs(deviation), infinity);
            lost = TOps.Add(lost, TOps.Select(present, zero, one));
            var bounded = TOps.Max(TOps.Min(deviation, limit), negativeLimit);
            var clean = TOps.Select(present, bounded, zero);
            TOps.Store(TOps.Select(present, bounded, absent), ref target, (nuint)i);
            norm = TOps.MultiplyAdd(clean, clean, norm);
        }
        missing += (int)TOps.Sum(lost);
        return TOps.Sum(norm);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Feature(ref double current, ref double previous, int i, ReadOnlySpan<byte> rateBits, V perSecond)
    {
        var now = TOps.Load(ref current, (nuint)i);
        var increase = TOps.Subtract(now, TOps.Load(ref previous, (nuint)i));
        TOps.Store(now, ref previous, (nuint)i);
        var zero = TOps.Broadcast(0);
        // After a reset the whole value is new. An infinite difference (the previous row held one) must stay missing: ∞·0 is NaN.
        var sinceReset = TOps.MultiplyAdd(increase, zero, now);
        increase = TOps.Select(TOps.LessThan(increase, zero), sinceReset, increase);
        var isRate = TOps.Mask(rateBits[i >> 3] >> (i & 7));
        return TOps.Select(isRate, TOps.Multiply(increase, perSecond), now);
    }
}

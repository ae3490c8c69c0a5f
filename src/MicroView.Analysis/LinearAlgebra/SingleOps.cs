using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MicroView.Analysis;

/// <summary>
/// Vectors <typeparamref name="F"/> of <see cref="Count"/> floats beside vectors <typeparamref name="V"/> of half as many doubles: directions are kept as floats, rows as
/// doubles.
/// </summary>
internal interface ISingleOps<F, V> where F : struct where V : struct
{
    static abstract int Count { get; }
    static abstract F Zero { get; }
    static abstract F Broadcast(float value);
    static abstract F Load(ref float source, nuint index);

    /// <summary>As many doubles, as floats.</summary>
    static abstract F Narrow(ref double source, nuint index);

    /// <summary>Half as many, and zeros.</summary>
    static abstract F NarrowHalf(ref double source, nuint index);
    static abstract F MultiplyAdd(F a, F b, F c);
    static abstract float Sum(F a);
    static abstract V Lower(F a);
    static abstract V Upper(F a);
}

internal readonly struct Singles512 : ISingleOps<Vector512<float>, Vector512<double>>
{
    public static int Count => 16;

    public static Vector512<float> Zero => Vector512<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Broadcast(float value) => Vector512.Create(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(ref float source, nuint index) => Vector512.LoadUnsafe(ref source, index);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Narrow(ref double source, nuint index) =>
        Vector512.Narrow(Vector512.LoadUnsafe(ref source, index), Vector512.LoadUnsafe(ref source, index + 8));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> NarrowHalf(ref double source, nuint index) => Vector512.Narrow(Vector512.LoadUnsafe(ref source, index), Vector512<double>.Zero);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) => Vector512.MultiplyAddEstimate(a, b, c);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> a) => Singles256.Sum(a.GetLower() + a.GetUpper());
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Lower(Vector512<float> a) => Vector512.WidenLower(a);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Upper(Vector512<float> a) => Vector512.WidenUpper(a);
}

internal readonly struct Singles256 : ISingleOps<Vector256<float>, Vector256<double>>
{
    public static int Count => 8;

    public static Vector256<float> Zero => Vector256<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(ref float source, nuint index) => Vector256.LoadUnsafe(ref source, index);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Narrow(ref double source, nuint index) =>
        Vector256.Narrow(Vector256.LoadUnsafe(ref source, index), Vector256.LoadUnsafe(ref source, index + 4));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> NarrowHalf(ref double source, nuint index) => Vector256.Narrow(Vector256.LoadUnsafe(ref source, index), Vector256<double>.Zero);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) => Vector256.MultiplyAddEstimate(a, b, c);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> a) => Singles128.Sum(a.GetLower() + a.GetUpper());
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Lower(Vector256<float> a) => Vector256.WidenLower(a);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Upper(Vector256<float> a) => Vector256.WidenUpper(a);
}

internal readonly struct Singles128 : ISingleOps<Vector128<float>, Vector128<double>>
{
    public static int Count => 4;

    public static Vector128<float> Zero => Vector128<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Broadcast(float value) => Vector128.Create(value);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Load(ref float source, nuint index) => Vector128.LoadUnsafe(ref source, index);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Narrow(ref double source, nuint index) =>
        Vector128.Narrow(Vector128.LoadUnsafe(ref source, index), Vector128.LoadUnsafe(ref source, index + 2));
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> NarrowHalf(ref double source, nuint index) => Vector128.Narrow(Vector128.LoadUnsafe(ref source, index), Vector128<double>.Zero);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> MultiplyAdd(Vector128<float> a, Vector128<float> b, Vector128<float> c) => Vector128.MultiplyAddEstimate(a, b, c);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector128<float> a)
    {
        var pairs = a + Vector128.Shuffle(a, Vector128.Create(2, 3, 0, 1));
        return pairs.GetElement(0) + pairs.GetElement(1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> Lower(Vector128<float> a) => Vector128.WidenLower(a);
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<double> Upper(Vector128<float> a) => Vector128.WidenUpper(a);
}

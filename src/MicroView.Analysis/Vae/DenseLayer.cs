using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MicroView.Analysis;

/// <summary>
/// A dense layer laid out for the kernels: groups of eight outputs, and within a group, input by input, the eight outputs' weights side
/// by side. One vector lane is one output, so that nothing is summed across lanes. Immutable, shared by all pods of a model.
/// </summary>
internal sealed class DenseLayer
{
    private readonly AlignedRow _weights;
    private readonly AlignedRow _bias;

    public DenseLayer(DenseWeights layer)
    {
        InputStride = RowMatrix.Padded(layer.Inputs);
        OutputStride = RowMatrix.Padded(layer.Outputs);
        _weights = new AlignedRow(OutputStride * InputStride);
        _bias = new AlignedRow(OutputStride);
        for (var i = 0; i < layer.Outputs; i++)
        {
            _bias[i] = layer.Bias[i];
            for (var j = 0; j < layer.Inputs; j++)
                _weights[((i >> 3) * InputStride + j) * 8 + (i & 7)] = layer.Weights[i * layer.Inputs + j];
        }
    }

    /// <summary>Inputs, rounded up to a multiple of eight.</summary>
    public int InputStride { get; }

    /// <summary>Outputs, rounded up to a multiple of eight.</summary>
    public int OutputStride { get; }

    /// <summary>y = W·x + b; x is <see cref="InputStride"/> long, padded with anything finite, y <see cref="OutputStride"/>, padded with 0.</summary>
    public void Apply(ReadOnlySpan<double> x, Span<double> y) => Run(x, y, double.NegativeInfinity);

    /// <summary>The same, then max(y, 0).</summary>
    public void ApplyRelu(ReadOnlySpan<double> x, Span<double> y) => Run(x, y, 0);

    private void Run(ReadOnlySpan<double> x, Span<double> y, double least)
    {
        if (x.Length != InputStride || y.Length != OutputStride)
            throw new ArgumentException($"A layer of {InputStride} padded inputs and {OutputStride} padded outputs was given {x.Length} and {y.Length}.");
        if (Vector512.IsHardwareAccelerated)
            Run<Ops512, Vector512<double>>(x, y, least);
        else if (Vector256.IsHardwareAccelerated)
            Run<Ops256, Vector256<double>>(x, y, least);
        else
            Run<Ops128, Vector128<double>>(x, y, least);
    }

    /// <summary>The layer at one vector width.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void Run<TOps, V>(ReadOnlySpan<double> x, Span<double> y, double least) where TOps : struct, IVectorOps<V> where V : struct
    {
        ref var w = ref MemoryMarshal.GetReference(_weights.Span);
        ref var b = ref MemoryMarshal.GetReference(_bias.Span);
        ref var input = ref MemoryMarshal.GetReference(x);
        ref var output = ref MemoryMarshal.GetReference(y);
        var floor = TOps.Broadcast(least);
        for (var lane = 0; lane < y.Length; lane += TOps.Count)
        {
            var at = (nuint)((lane >> 3) * x.Length * 8 + (lane & 7));
            var (s0, s1, s2, s3) = (TOps.Load(ref b, (nuint)lane), TOps.Broadcast(0), TOps.Broadcast(0), TOps.Broadcast(0));
            for (nuint j = 0; j < (nuint)x.Length; j += 4, at += 32)
            {
                s0 = TOps.MultiplyAdd(TOps.Load(ref w, at), TOps.Broadcast(Unsafe.Add(ref input, j)), s0);
                s1 = TOps.MultiplyAdd(TOps.Load(ref w, at + 8), TOps.Broadcast(Unsafe.Add(ref input, j + 1)), s1);
                s2 = TOps.MultiplyAdd(TOps.Load(ref w, at + 16), TOps.Broadcast(Unsafe.Add(ref input, j + 2)), s2);
                s3 = TOps.MultiplyAdd(TOps.Load(ref w, at + 24), TOps.Broadcast(Unsafe.Add(ref input, j + 3)), s3);
            }
            TOps.Store(TOps.Max(TOps.Add(TOps.Add(s0, s1), TOps.Add(s2, s3)), floor), ref output, (nuint)lane);
        }
    }
}

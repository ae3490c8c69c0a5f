using System.Diagnostics;
using MicroView.Analysis;

namespace MicroView.Benchmarks;

/// <summary>Pods that have learnt, half counters and half gauges, and recorded rows to replay through them.</summary>
internal sealed class AnalysisScene
{
    /// <summary>Rows judged by one <see cref="Pass"/>, whatever the number of pods.</summary>
    public const int RowsPerPass = 2048;

    private const int Variants = 4;
    private const int Repeats = 8;
    private readonly PodAnalyzer[] _pods;
    private readonly double[][] _slots;
    private readonly double[] _increments;
    private long _time;

    public AnalysisScene(int pods, int metrics, DetectorOptions detector)
    {
        var random = new Random(7);
        var options = new AnalyzerOptions { Detector = detector, MinRows = 200, MinSeconds = 0 };
        var map = new FeatureMap([.. Enumerable.Range(0, metrics).Select(i => i % 2 == 0 ? Feature.Rate(i) : Feature.Value(i))]);
        _increments = new double[Variants];
        _pods = new PodAnalyzer[pods];
        _slots = new double[pods][];
        for (var p = 0; p < pods; p++)
        {
            _pods[p] = new PodAnalyzer(map, options);
            _slots[p] = new double[metrics];
        }
        for (var row = 0; row < 210; row++, _time += 100_000_000)
            for (var p = 0; p < pods; p++)
            {
                for (var i = 0; i < metrics; i++)
                    _slots[p][i] = i % 2 == 0 ? _slots[p][i] + random.NextDouble() : random.NextDouble();
                _pods[p].Observe(_slots[p], _time);
            }
        for (var i = 0; i < Variants; i++)
            _increments[i] = random.NextDouble();
    }

    /// <summary>Settings of a model for rows of <paramref name="dimension"/>; VAE gets a network, whose weights cost nothing.</summary>
    public static DetectorOptions Settings(string model, int dimension) => new() { Model = model, Vae = VaeModel.Untrained(dimension, seed: 1) };

    /// <summary>
    /// Touches one value per pod, as a live page would change, and judges every pod until <see cref="RowsPerPass"/> rows are done.
    /// </summary>
    public int Pass()
    {
        var anomalous = 0;
        for (var done = 0; done < RowsPerPass; done += _pods.Length)
        {
            _time += 100_000_000;
            for (var p = 0; p < _pods.Length; p++)
            {
                var slots = _slots[p];
                slots[0] += _increments[done & (Variants - 1)];
                anomalous += _pods[p].Observe(slots, _time).Anomalous ? 1 : 0;
            }
        }
        return anomalous;
    }

    /// <summary>Rows with a few strong common factors and noise, the shape of metrics.</summary>
    public static RowMatrix CorrelatedRows(int dimension, int count, Random random)
    {
        const int Factors = 5;
        var loadings = new double[Factors * dimension];
        for (var i = 0; i < loadings.Length; i++)
            loadings[i] = random.NextDouble() - 0.5;
        var rows = new RowMatrix(dimension, count);
        var row = new double[dimension];
        for (var r = 0; r < count; r++)
        {
            for (var j = 0; j < dimension; j++)
                row[j] = random.NextDouble() - 0.5;
            for (var f = 0; f < Factors; f++)
            {
                var weight = (Factors - f) * (random.NextDouble() - 0.5);
                for (var j = 0; j < dimension; j++)
                    row[j] += weight * loadings[f * dimension + j];
            }
            rows.Add(row);
        }
        return rows;
    }

    /// <summary>
    /// A quick look without BenchmarkDotNet, for tuning: median and best CPU ns of 41 short windows, to be pinned to one core by the
    /// caller.
    /// </summary>
    public static void PrintQuickLook()
    {
        foreach (var (pods, metrics) in new[] { (8, 16), (8, 64), (8, 256), (256, 64) })
            foreach (var model in DetectorRegistry.Names)
            {
                var scene = new AnalysisScene(pods, metrics, Settings(model, metrics));
                Report($"observe {model,-4} {pods}x{metrics}", RowsPerPass, () => scene.Pass());
            }
        foreach (var (d, l, k) in new[] { (64, 8, 8), (256, 16, 16), (100, 25, 10), (100, 50, 12) })
        {
            var rows = CorrelatedRows(d, 1000, new Random(1));
            var sketch = new FrequentDirections(d, l, k);
            Report($"update d={d} l={l} k={k}", rows.Count, () =>
            {
                for (var i = 0; i < rows.Count; i++)
                    sketch.Append(rows[i]);
            });
        }
    }

    private static void Report(string name, int operations, Action action)
    {
        // The JIT's last tier comes only after pauses, and its thread shares the pinned core.
        for (var pause = 0; pause < 4; pause++)
        {
            for (var watch = Stopwatch.StartNew(); watch.ElapsedMilliseconds < 60;)
                action();
            Thread.Sleep(200);
        }
        var samples = new double[41];
        for (var i = 0; i < samples.Length; i++)
        {
            // CPU time, not wall time: the machine is shared.
            var start = Environment.CpuUsage.TotalTime;
            for (var r = 0; r < Repeats; r++)
                action();
            samples[i] = (Environment.CpuUsage.TotalTime - start).TotalNanoseconds / (Repeats * operations);
        }
        Array.Sort(samples);
        Console.WriteLine($"{name,-26} median {samples[20],9:F1} ns   best {samples[0],9:F1} ns");
    }
}

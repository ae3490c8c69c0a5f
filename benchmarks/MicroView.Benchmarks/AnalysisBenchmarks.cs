using BenchmarkDotNet.Attributes;
using MicroView.Analysis;

namespace MicroView.Benchmarks;

/// <summary>One read-and-classify pass without the read: every pod's next row through its analyzer. Figures are per pod row.</summary>
[MemoryDiagnoser]
public class AnalysisObserveBenchmarks
{
    private AnalysisScene _scene = null!;

    [Params("8x64", "8x256", "256x64")]
    public string Shape { get; set; } = "8x64";

    [ParamsSource(nameof(Models))]
    public string Model { get; set; } = "FD";

    /// <summary>Whatever is registered.</summary>
    public static IEnumerable<string> Models => DetectorRegistry.Names;

    [GlobalSetup]
    public void Setup()
    {
        var parts = Shape.Split('x');
        _scene = new AnalysisScene(int.Parse(parts[0]), int.Parse(parts[1]), AnalysisScene.Settings(Model, int.Parse(parts[1])));
    }

    [Benchmark(OperationsPerInvoke = AnalysisScene.RowsPerPass)]
    public int Observe() => _scene.Pass();
}

/// <summary>The detector alone: the score of rows of 64 z-scores.</summary>
[MemoryDiagnoser]
public class DetectorScoreBenchmarks
{
    private const int Rows = 256;
    private Detector _detector = null!;
    private RowMatrix _rows = null!;
    private double[] _squares = null!;

    [ParamsSource(nameof(Models))]
    public string Model { get; set; } = "FD";

    /// <summary>Whatever is registered.</summary>
    public static IEnumerable<string> Models => DetectorRegistry.Names;

    [GlobalSetup]
    public void Setup()
    {
        _rows = AnalysisScene.CorrelatedRows(64, Rows, new Random(2));
        _detector = DetectorRegistry.Create(64, AnalysisScene.Settings(Model, 64));
        _detector.Fit(_rows);
        _squares = [.. Enumerable.Range(0, Rows).Select(i => _rows[i].ToArray().Sum(value => value * value))];
    }

    [Benchmark(OperationsPerInvoke = Rows)]
    public double Score()
    {
        var sum = 0.0;
        for (var i = 0; i < Rows; i++)
            sum += _detector.Score(_rows[i], _squares[i]);
        return sum;
    }
}

/// <summary>Pooling eight sketches of a service, and their binary form.</summary>
[MemoryDiagnoser]
public class SketchMergeBenchmarks
{
    private FrequentDirections[] _sketches = null!;
    private byte[] _bytes = null!;

    [GlobalSetup]
    public void Setup()
    {
        _sketches = new FrequentDirections[8];
        for (var i = 0; i < _sketches.Length; i++)
        {
            _sketches[i] = new FrequentDirections(64, 8, 8);
            var rows = AnalysisScene.CorrelatedRows(64, 256, new Random(i));
            for (var row = 0; row < rows.Count; row++)
                _sketches[i].Append(rows[row]);
        }
        _bytes = SketchBytes.Write(_sketches[0]);
    }

    [Benchmark]
    public FrequentDirections MergeEight()
    {
        var pool = new FrequentDirections(64, 8, 8);
        foreach (var sketch in _sketches)
            pool.Merge(sketch);
        pool.Refresh();
        return pool;
    }

    [Benchmark]
    public byte[] Write() => SketchBytes.Write(_sketches[0]);

    [Benchmark]
    public FrequentDirections Read() => SketchBytes.Read(_bytes);
}

/// <summary>Absorbing every row into the sketch: append, and a decomposition every ℓ + 1 rows. Figures are per row.</summary>
[MemoryDiagnoser]
public class AnalysisUpdateBenchmarks
{
    private const int Rows = 1000;
    private FrequentDirections _sketch = null!;
    private RowMatrix _rows = null!;

    [Params("64/8/8", "256/16/16", "100/25/10", "100/50/12")]
    public string Setting { get; set; } = "64/8/8";

    [GlobalSetup]
    public void Setup()
    {
        var parts = Setting.Split('/');
        var dimension = int.Parse(parts[0]);
        _sketch = new FrequentDirections(dimension, int.Parse(parts[1]), int.Parse(parts[2]));
        _rows = AnalysisScene.CorrelatedRows(dimension, Rows, new Random(1));
    }

    [Benchmark(OperationsPerInvoke = Rows)]
    public int Update()
    {
        for (var i = 0; i < Rows; i++)
            _sketch.Append(_rows[i]);
        return _sketch.Count;
    }
}

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

    [Params("none", "TH", "FD")]
    public string Model { get; set; } = "FD";

    [GlobalSetup]
    public void Setup()
    {
        var parts = Shape.Split('x');
        _scene = new AnalysisScene(int.Parse(parts[0]), int.Parse(parts[1]), new DetectorOptions { Model = Model });
    }

    [Benchmark(OperationsPerInvoke = AnalysisScene.RowsPerPass)]
    public int Observe() => _scene.Pass();
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

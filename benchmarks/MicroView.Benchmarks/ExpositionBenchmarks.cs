using System.Buffers;
using BenchmarkDotNet.Attributes;
using Prometheus;

namespace MicroView.Benchmarks;

/// <summary>
/// One scrape into memory, of ours and of prometheus-net; the changing of the values, which no endpoint pays, stands beside them.
/// </summary>
[MemoryDiagnoser]
public class ExpositionBenchmarks : IDisposable
{
    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly MemoryStream _stream = new();
    private ExpositionMix _mix = null!;
    private ExpositionMixDocument _ours = null!;
    private CollectorRegistry _registry = null!;
    private Action<double>[][] _setters = null!;

    [Params(512, 2048, 16384)]
    public int Series { get; set; }

    [Params(false, true)]
    public bool FullPrecision { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _mix = new ExpositionMix(Series, FullPrecision);
        _ours = new ExpositionMixDocument(_mix);
        _registry = Metrics.NewCustomRegistry();
        var factory = Metrics.WithCustomRegistry(_registry);
        var families = Enumerable.Range(0, ExpositionMix.MetricsPerPod)
            .Select(i => factory.CreateGauge(ExpositionMix.Name(i), "Requests.", "pod", "service"))
            .ToArray();
        _setters = [.. _mix.Rows.Select((_, p) => Setters($"carts-5d8f9c7b-{p:d4}"))];

        Action<double>[] Setters(string pod) => [.. families.Select(f => (Action<double>)f.WithLabels(pod, "carts").Set)];
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _stream.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public void Change() => _mix.Change();

    [Benchmark]
    public int ChangeAndMicroView()
    {
        _mix.Change();
        _output.ResetWrittenCount();
        _ours.Writer.Write(_output);
        return _output.WrittenCount;
    }

    [Benchmark(Baseline = true)]
    public async Task<long> ChangeAndPrometheusNet()
    {
        _mix.Change();
        for (var p = 0; p < _setters.Length; p++)
            for (var i = 0; i < _setters[p].Length; i++)
                _setters[p][i](_mix.Rows[p][i]);
        _stream.Position = 0;
        await _registry.CollectAndExportAsTextAsync(_stream);
        return _stream.Position;
    }
}

using System.Diagnostics;

namespace MicroView.Lab;

/// <summary>A system that runs and is measured: its processes' CPU time, and the bytes between its endpoint and Prometheus. Not thread-safe.</summary>
internal sealed class MeasuredSystem(OverheadSystem system, StartedSystem running) : IAsyncDisposable
{
    private long _at;
    private CpuTime _generated;
    private CpuTime _ingested;
    private long _bytes;
    private double _time;

    public OverheadSystem System { get; } = system;

    public StartedSystem Running { get; } = running;

    public List<GroupProcess> Ingesters { get; } = [.. running.Ingesters];

    /// <summary>What Prometheus connects to.</summary>
    public CountingProxy Proxy { get; } = new(running.Port);

    /// <summary>Port of the Prometheus that ingests; 0: another does.</summary>
    public int PrometheusPort { get; set; }

    /// <summary>Series of the endpoint before the measurement; 0: not known.</summary>
    public int Series { get; set; }

    /// <summary>What came before this is not measured.</summary>
    public void Begin()
    {
        RequireAlive();
        (_at, _time, _generated, _ingested, _bytes) = (Stopwatch.GetTimestamp(), 0, Sum(Running.Generators), Sum(Ingesters), Proxy.Bytes);
    }

    /// <summary>Writes what it took since the last sample, a row per part.</summary>
    public void Sample(OverheadSetting setting, TextWriter csv)
    {
        ArgumentNullException.ThrowIfNull(setting);
        RequireAlive();
        var (now, generated, ingested, bytes) = (Stopwatch.GetTimestamp(), Sum(Running.Generators), Sum(Ingesters), Proxy.Bytes);
        var seconds = Stopwatch.GetElapsedTime(_at, now).TotalSeconds;
        _time += seconds;
        Write(OverheadMeasurement.Generate, generated - _generated, 0);
        Write(OverheadMeasurement.Ingest, ingested - _ingested, (bytes - _bytes) * 8 / 1000.0);
        (_at, _generated, _ingested, _bytes) = (now, generated, ingested, bytes);

        void Write(string part, CpuTime cpu, double kilobits) => csv.WriteRow(
            System.Name, part, setting.Containers, setting.Generation, setting.Ingestion, Math.Round(_time, 3), cpu.System / seconds, cpu.User / seconds, cpu.Total / seconds, kilobits / seconds, Series);
    }

    /// <exception cref="LabException">One of its processes has ended.</exception>
    public void RequireAlive()
    {
        foreach (var process in Running.Generators.Concat(Ingesters))
            if (process.HasExited)
                throw process.Failure($"ended with {process.Code}");
    }

    public ValueTask DisposeAsync() => Proxy.DisposeAsync();

    private static CpuTime Sum(IReadOnlyList<GroupProcess> processes) => processes.Aggregate(default(CpuTime), (sum, process) => sum + process.Look());
}

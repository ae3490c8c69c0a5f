namespace MicroView.Lab.Tests;

/// <summary>
/// A history of services whose metrics follow a common load, half counters, half gauges, of two pods each; faults multiply two metrics of a service for ten
/// minutes; the service's own alert fires five minutes into each.
/// </summary>
internal sealed record GeneratedHistory(int Services, int Series, long Start, int Seconds, int Step = 15)
{
    private const int FaultSeconds = 600, AlertDelay = 300;
    private const int FaultyCounter = 0, FaultyGauge = 1;

    /// <summary>Service, start and kind of each fault: all in the second half.</summary>
    public IReadOnlyList<(int Service, long Start)> Faults { get; init; } = [];

    public long End => Start + Seconds;

    public static string Name(int service) => $"service-{service:00}";

    public static string Counter(int index) => $"work_{index:00}_total";

    public static string Gauge(int index) => $"level_{index:00}";

    /// <summary>Times and values as OpenMetrics; counters first, as the format wants a family together.</summary>
    public void Write(TextWriter text)
    {
        for (var metric = 0; metric < Series / 2; metric++)
        {
            var counter = metric % 2 == 0;
            text.Write(counter ? $"# TYPE work_{metric:00} counter\n" : $"# TYPE {Gauge(metric)} gauge\n");
            for (var service = 0; service < Services; service++)
                for (var pod = 0; pod < 2; pod++)
                    WriteSeries(text, metric, counter, service, pod);
        }
        text.Write("# TYPE ALERTS gauge\n");
        foreach (var (service, start) in Faults)
            for (var time = start + AlertDelay; time <= start + FaultSeconds; time += Step)
                PrometheusServer.WriteSample(text, $"ALERTS{{alertname=\"SlowService\",alertstate=\"firing\",service=\"{Name(service)}\"}}", 1, time);
    }

    private void WriteSeries(TextWriter text, int metric, bool counter, int service, int pod)
    {
        var random = new Random(metric * 7919 + service * 31 + pod);
        var series = $"{(counter ? Counter(metric) : Gauge(metric))}{{service=\"{Name(service)}\",pod=\"p{pod}\",instance=\"10.0.0.{pod}:80\"}}";
        var faulty = metric is FaultyCounter or FaultyGauge;
        long[] faults = [.. Faults.Where(fault => faulty && fault.Service == service).Select(fault => fault.Start)];
        var sum = 0.0;
        for (var time = Start; time <= End; time += Step)
        {
            // The day's load and a quicker common motion, plus what is the metric's own.
            var load = 10 + 3 * Math.Sin(2 * Math.PI * time / 86400) + Math.Sin(time / 300.0 + service);
            var value = load * (1 + metric % 5) + random.NextDouble() * 2;
            if (faults.Any(start => time >= start && time < start + FaultSeconds))
                value *= 4;
            sum += value * Step;
            PrometheusServer.WriteSample(text, series, counter ? sum : value, time);
        }
    }
}

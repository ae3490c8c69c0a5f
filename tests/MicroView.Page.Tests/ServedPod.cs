using MicroView.Client;

namespace MicroView.Page.Tests;

/// <summary>A service in this process under steady load, which can fall ill.</summary>
internal sealed class ServedPod : IDisposable
{
    private readonly MicroViewClient _client;
    private readonly Counter _requests, _errors;
    private readonly Gauge _queue;
    private readonly Histogram _latency;
    private readonly Thread _thread;
    private volatile bool _stop;

    public ServedPod(string socket, string pod, string service = "shop")
    {
        _client = new(new() { Pod = pod, Service = service, SocketPath = socket });
        _requests = _client.Counter("http_requests_total", new MetricInfo { Help = "Requests served." }, ("code", "200"));
        _errors = _client.Counter("http_errors_total");
        _queue = _client.Gauge("queue_depth", new MetricInfo { Help = "Requests waiting.", Unit = "requests" });
        _latency = _client.Histogram("http_request_duration_seconds");
        _thread = new Thread(Serve) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>While it is ill, requests wait.</summary>
    public volatile bool IsIll;

    public void Dispose()
    {
        _stop = true;
        _thread.Join();
        _client.Dispose();
    }

    private void Serve()
    {
        var random = new Random(7);
        while (!_stop)
        {
            _requests.Add(5 + random.Next(3));
            _queue.Set((IsIll ? 400 : 4) + random.Next(4));
            _latency.Record((IsIll ? 0.9 : 0.01) + 0.005 * random.NextDouble());
            if (IsIll)
                _errors.Increment();
            Thread.Sleep(10);
        }
    }
}

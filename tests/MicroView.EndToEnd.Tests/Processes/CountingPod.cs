using MicroView.Client;

namespace MicroView.EndToEnd.Tests;

/// <summary>A service in this process that counts on several threads and knows exactly what it has counted.</summary>
internal sealed class CountingPod : IDisposable
{
    private readonly MicroViewClient _client;
    private readonly Counter _counter;
    private readonly List<Thread> _threads = [];
    private long _added;
    private volatile bool _stop;

    public CountingPod(string socket, string pod, int threads = 2)
    {
        _client = new(new() { Pod = pod, Service = "counting", SocketPath = socket });
        _counter = _client.Counter("jobs_total", new MetricInfo { Help = "Jobs done." });
        _client.Gauge("depth").Set(7);
        for (var i = 0; i < threads; i++)
        {
            var thread = new Thread(Count) { IsBackground = true };
            _threads.Add(thread);
            thread.Start();
        }
    }

    public string? Attached => _client.AttachedPod;

    /// <summary>What was added so far.</summary>
    public long Added => Interlocked.Read(ref _added);

    /// <summary>Stops counting; memory and session stay.</summary>
    public long Finish()
    {
        _stop = true;
        _threads.ForEach(thread => thread.Join());
        return Added;
    }

    public void Dispose()
    {
        Finish();
        _client.Dispose();
    }

    private void Count()
    {
        while (!_stop)
        {
            for (var i = 0; i < 500; i++)
                _counter.Increment();
            Interlocked.Add(ref _added, 500);
            Thread.Sleep(1);
        }
    }
}

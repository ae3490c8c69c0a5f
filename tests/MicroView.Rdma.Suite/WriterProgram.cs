using System.Diagnostics;
using System.Globalization;
using MicroView.Client;

namespace MicroView.Rdma.Suite;

/// <summary>
/// Pods whose every value tells whether it is right: in round r, gauge i of a pod holds 1000·r + i and each counter r. A thread writes a round each 5 ms.
/// </summary>
internal sealed class WriterProgram
{
    private readonly string _socket;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, WrittenPod> _pods = new(StringComparer.Ordinal);

    private WriterProgram(string socket) => _socket = socket;

    public static async Task<int> RunAsync(string place, string socket)
    {
        var writer = new WriterProgram(socket);
        using var stop = new CancellationTokenSource();
        var thread = new Thread(() => writer.Write(stop.Token));
        thread.Start();
        await Lines.ServeAsync(place, writer.Answer);
        await stop.CancelAsync();
        thread.Join();
        foreach (var pod in writer._pods.Values)
            pod.Dispose();
        return 0;
    }

    private void Write(CancellationToken stop)
    {
        while (!stop.WaitHandle.WaitOne(5))
            lock (_gate)
                foreach (var pod in _pods.Values)
                    pod.WriteRound();
    }

    private string Answer(string line)
    {
        var words = line.Split(' ');
        switch (words)
        {
            case ["join", var name, var metrics]:
                var pod = new WrittenPod(name, _socket);
                pod.Grow(Number(metrics));
                lock (_gate)
                    _pods.Add(name, pod);
                return "ok";
            case ["grow", var name, var metrics]:
                lock (_gate)
                    _pods[name].Grow(Number(metrics));
                return "ok";
            case ["leave", var name]:
                lock (_gate)
                {
                    _pods[name].Dispose();
                    _pods.Remove(name);
                }
                return "ok";
            case ["round", var name]:
                lock (_gate)
                    return _pods[name].Round.ToString(CultureInfo.InvariantCulture);
            case ["rate", var name]:
                lock (_gate)
                    return _pods[name].Rate.ToString("R", CultureInfo.InvariantCulture);
            case ["attached"]:
                lock (_gate)
                    return _pods.Values.Count(one => one.IsAttached).ToString(CultureInfo.InvariantCulture);
            case ["churn", var count, var atOnce]:
                return Churn(Number(count), Number(atOnce));
            default:
                throw new ArgumentException($"'{line}' is no command");
        }
    }

    /// <summary>Pods that join together, and leave together as soon as the agent has them all; then the next ones, under the same names.</summary>
    private string Churn(int count, int atOnce)
    {
        var started = Stopwatch.GetTimestamp();
        for (var left = count; left > 0; left -= atOnce)
        {
            var pods = Enumerable.Range(0, Math.Min(left, atOnce)).Select(i => new WrittenPod($"churn{i}", _socket)).ToList();
            foreach (var pod in pods)
            {
                pod.Grow(4);
                pod.WriteRound();
            }
            for (var wait = 0; !pods.TrueForAll(pod => pod.IsAttached); wait++)
            {
                if (wait > 20_000)
                    throw new TimeoutException($"pods were not admitted, with {left} to come");
                Thread.Sleep(2);
            }
            Parallel.ForEach(pods, pod => pod.Dispose()); // each waits for the agent's answer
        }
        return Stopwatch.GetElapsedTime(started).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture);
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private sealed class WrittenPod(string name, string socket) : IDisposable
    {
        private readonly MicroViewClient _client = new(new MicroViewClientOptions { Pod = name, Service = "suite", SocketPath = socket });
        private readonly List<Gauge> _gauges = [];
        private readonly List<SingleWriterCounter> _counters = [];

        public long Round { get; private set; }

        public double Rate => _client.SamplingRate;

        public bool IsAttached => _client.IsAttached;

        /// <summary>Half gauges, half counters; a counter that comes later begins at the round.</summary>
        public void Grow(int metrics)
        {
            for (var i = _gauges.Count + _counters.Count; i < metrics; i++)
            {
                if (i % 2 == 0)
                {
                    _gauges.Add(_client.Gauge($"suite_gauge_{i}"));
                    continue;
                }
                var counter = _client.SingleWriterCounter($"suite_{i}_total");
                counter.Add(Round);
                _counters.Add(counter);
            }
        }

        public void WriteRound()
        {
            Round++;
            for (var i = 0; i < _gauges.Count; i++)
                _gauges[i].Set(1000.0 * Round + 2 * i);
            foreach (var counter in _counters)
                counter.Add(1);
        }

        public void Dispose() => _client.Dispose();
    }
}

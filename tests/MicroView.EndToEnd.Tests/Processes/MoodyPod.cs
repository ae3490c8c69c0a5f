using MicroView.Client;

namespace MicroView.EndToEnd.Tests;

/// <summary>A service in this process whose one gauge wanders a little, until it is told to misbehave.</summary>
internal sealed class MoodyPod : IDisposable
{
    /// <summary>Options of a collector that learns such a pod in two seconds.</summary>
    public const string QuickDetection = "--model TH --normalize none --false-alarms 0 --learn 2 -s 0.05 --tick 0.05";

    private readonly CancellationTokenSource _stop = new();
    private readonly Thread _thread;
    private volatile bool _isBroken;

    public MoodyPod(string socket, string pod, string? service = null, Dictionary<string, string>? labels = null)
    {
        Client = new(new() { Pod = pod, Service = service ?? pod, SocketPath = socket, Labels = labels });
        var (depth, steps) = (Client.Gauge("depth"), Client.Counter("steps_total"));
        _thread = new(() =>
        {
            var random = new Random(17);
            while (!_stop.Token.WaitHandle.WaitOne(5))
            {
                depth.Set(10 + random.NextDouble() + (_isBroken ? 500 : 0));
                steps.Add(1);
            }
        }) { IsBackground = true };
        _thread.Start();
    }

    public MicroViewClient Client { get; }

    /// <summary>Makes its gauge what it never was.</summary>
    public void Break() => _isBroken = true;

    public void Mend() => _isBroken = false;

    /// <summary>Waits until a collector watches it.</summary>
    public static Task<Exposition> WatchedAsync(NicProcess nic, string pod) =>
        nic.UntilAsync(scrape => scrape.Of("microview_anomaly_threshold", pod) > 0, $"{pod} is watched");

    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        Client.Dispose();
        _stop.Dispose();
    }
}

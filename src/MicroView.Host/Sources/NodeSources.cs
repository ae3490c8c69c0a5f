using MicroView.Protocol;
using Microsoft.Extensions.Logging;

namespace MicroView.Host;

/// <summary>
/// Makes the node useful with no instrumented application: containers, services and processes as pods, sampled by one thread, the busiest
/// at every tick. Thread-safe; disposing stops the thread and retires the pods.
/// </summary>
public sealed class NodeSources : IDisposable
{
    private readonly NodeSampler _sampler;
    private readonly NodeSourceOptions _options;
    private readonly ILogger _log;
    private readonly ManualResetEventSlim _stop = new(false, spinCount: 0);
    private readonly Thread _thread;

    private NodeSources(INodePods pods, NodeSourceOptions options, ILogger log)
    {
        (_options, _log) = (options, log);
        _sampler = new(pods, options, log);
        _thread = new(Run) { Name = "node-sources", IsBackground = true };
    }

    /// <summary>Starts watching this node.</summary>
    /// <exception cref="ArgumentException">An option is wrong; the message says which.</exception>
    public static NodeSources Start(INodePods pods, NodeSourceOptions options, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(pods);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(log);
        if (options.Check() is { } problem)
            throw new ArgumentException(problem, nameof(options));
        var sources = new NodeSources(pods, options, log);
        sources._thread.Start();
        return sources;
    }

    /// <summary>What is watched and what it costs, as of the last seconds.</summary>
    public NodeSourceStatistics Statistics => _sampler.Counts.Snapshot();

    /// <summary>What this user cannot see, a line each, with what to do about it; empty when nothing is hidden.</summary>
    public IReadOnlyList<string> MissingPermissions => NodePermissions.Describe(_options, Statistics);

    /// <summary>Stops the thread and retires the pods.</summary>
    public void Dispose()
    {
        _stop.Set();
        if (_thread.IsAlive && Thread.CurrentThread != _thread)
            _thread.Join();
        GC.SuppressFinalize(this);
    }

    private void Run()
    {
        var tick = (long)_options.Tick.TotalNanoseconds;
        var next = Clocks.MonotonicNs;
        long missed = 0;
        try
        {
            while (!_stop.IsSet)
            {
                _sampler.Tick(missed);
                next += tick;
                var now = Clocks.MonotonicNs;
                missed = now > next + tick ? (now - next) / tick : 0;
                next += missed * tick;
                if (next > now)
                    _stop.Wait(TimeSpan.FromMilliseconds(Math.Ceiling((next - now) / 1e6)));
            }
        }
#pragma warning disable CA1031 // a thread of the agent must not take it down: it says what happened, and stops
        catch (Exception error)
#pragma warning restore CA1031
        {
            _log.LogError(error, "Node sources stopped: {Message}", error.Message);
        }
        finally
        {
            _sampler.Close();
        }
    }
}

using System.Globalization;

namespace MicroView.Lab;

/// <summary>What is done to a Redis, by real commands and processes.</summary>
internal enum RedisFaultKind
{
    /// <summary>Processes that take all the CPU they get, one per core, beside it.</summary>
    CpuHog,

    /// <summary>Values of some megabytes are written and read, then deleted.</summary>
    BigKeys,

    /// <summary>FLUSHALL, again and again.</summary>
    FlushAll,

    /// <summary>CLIENT PAUSE … WRITE: writes wait.</summary>
    ClientPause,

    /// <summary>KEYS *, again and again: each looks at every key while all others wait.</summary>
    Keys,

    /// <summary>Some hundred connections that do nothing.</summary>
    Connections,
}

/// <summary>A fault to come: seconds since the run began.</summary>
internal readonly record struct PlannedFault(RedisFaultKind Kind, double Start, double Seconds);

/// <summary>Does faults to a Redis. Used by one thread.</summary>
internal sealed class RedisFaults(int port, ProcessGroup processes)
{
    private const int BigBytes = 4 << 20, BigValues = 24, IdleConnections = 300;

    private static readonly string s_big = new('x', BigBytes);

    /// <summary>Rounds in which each kind comes once, in an order of its own, with a pause before each.</summary>
    public static IReadOnlyList<PlannedFault> Plan(double from, double until, double seconds, double pause, int seed)
    {
        var random = new Random(seed);
        var kinds = Enum.GetValues<RedisFaultKind>();
        var faults = new List<PlannedFault>();
        for (var at = from + pause; ;)
        {
            random.Shuffle(kinds);
            foreach (var kind in kinds)
            {
                if (at + seconds + pause / 2 > until)
                    return faults;
                faults.Add(new(kind, at, seconds));
                at += seconds + pause * (0.75 + 0.5 * random.NextDouble());
            }
        }
    }

    /// <summary>Sends every command that a fault needs once: exporters then have no new series when one comes.</summary>
    public void Rehearse()
    {
        using var redis = new RedisConnection(port);
        redis.Ask("SET", "big:0", "x");
        redis.Ask("GET", "big:0");
        redis.Ask("DEL", "big:0");
        redis.Ask("KEYS", "no such key");
        redis.Ask("CLIENT", "PAUSE", "1", "WRITE");
        redis.Ask("FLUSHALL");
    }

    /// <summary>Does one, from now on.</summary>
    public async Task DoAsync(PlannedFault fault, CancellationToken stop)
    {
        var seconds = fault.Seconds;
        switch (fault.Kind)
        {
            case RedisFaultKind.CpuHog:
                var hogs = Enumerable.Range(0, Environment.ProcessorCount).Select(i => processes.Start(new ProcessPlan($"hog-{i}", CpuRole.Other, "/bin/sh", "-c", "while :; do :; done"))).ToArray();
                await Task.Delay(TimeSpan.FromSeconds(seconds), stop);
                foreach (var hog in hogs)
                    await hog.StopAsync(TimeSpan.FromSeconds(5), stop);
                break;
            case RedisFaultKind.Connections:
                var idle = new List<RedisConnection>();
                try
                {
                    for (var i = 0; i < IdleConnections; i++)
                        idle.Add(new RedisConnection(port));
                    await Task.Delay(TimeSpan.FromSeconds(seconds), stop);
                }
                finally
                {
                    idle.ForEach(connection => connection.Dispose());
                }
                break;
            default:
                await Task.Run(() => Repeat(fault.Kind, seconds, stop), stop);
                break;
        }
    }

    private void Repeat(RedisFaultKind kind, double seconds, CancellationToken stop)
    {
        using var redis = new RedisConnection(port);
        var watch = System.Diagnostics.Stopwatch.StartNew();
        for (var turn = 0; watch.Elapsed.TotalSeconds < seconds && !stop.IsCancellationRequested; turn++)
        {
            switch (kind)
            {
                case RedisFaultKind.BigKeys:
                    redis.Ask("SET", $"big:{turn % BigValues}", s_big);
                    redis.Ask("GET", $"big:{turn % BigValues}");
                    stop.WaitHandle.WaitOne(50);
                    break;
                case RedisFaultKind.FlushAll:
                    redis.Ask("FLUSHALL");
                    stop.WaitHandle.WaitOne(500);
                    break;
                case RedisFaultKind.ClientPause:
                    redis.Ask("CLIENT", "PAUSE", ((int)(1000 * Math.Max(0.1, seconds - watch.Elapsed.TotalSeconds))).ToString(CultureInfo.InvariantCulture), "WRITE");
                    stop.WaitHandle.WaitOne(TimeSpan.FromSeconds(Math.Max(0.1, seconds - watch.Elapsed.TotalSeconds)));
                    break;
                default:
                    redis.Ask("KEYS", "*");
                    break;
            }
        }
        for (var i = 0; kind == RedisFaultKind.BigKeys && i < BigValues; i++)
            redis.Ask("DEL", $"big:{i}");
    }
}

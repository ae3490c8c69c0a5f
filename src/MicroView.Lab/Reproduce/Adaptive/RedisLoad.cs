using System.Diagnostics;
using System.Globalization;

namespace MicroView.Lab;

/// <summary>
/// Commands at a rate that rises and falls: a few connections, each a thread that sends what is due and waits for the answers, so that a server that stands still is not overrun. Reads, writes, counters, lists and hashes
/// over some thousand keys that expire.
/// </summary>
internal sealed class RedisLoad : IDisposable
{
    /// <summary>Commands a second, on average.</summary>
    public const double Rate = 1500;

    private const int Connections = 4, Keys = 5000;
    private const double Swing = 0.4, SwingSeconds = 60;

    private static readonly TimeSpan s_turn = TimeSpan.FromMilliseconds(25);

    private readonly CancellationTokenSource _stop = new();
    private readonly Thread[] _threads;
    private volatile Exception? _failure;

    public RedisLoad(int port, int seed)
    {
        _threads = [.. Enumerable.Range(0, Connections).Select(i => new Thread(() => Run(port, new Random(seed + i))) { IsBackground = true, Name = $"redis-load-{i}" })];
        foreach (var thread in _threads)
            thread.Start();
    }

    /// <summary>Makes the keys that do not expire, so that there are no more of them later.</summary>
    public static void Fill(int port)
    {
        using var redis = new RedisConnection(port);
        for (var i = 0; i < Keys; i++)
        {
            var key = i.ToString(CultureInfo.InvariantCulture);
            redis.Send("INCR", $"count:{key}");
            redis.Send("HSET", $"user:{key}", "name", key, "seen", "now");
        }
        redis.Flush();
        for (var i = 0; i < 2 * Keys; i++)
            redis.Receive();
    }

    /// <summary>What ended a connection, if something did.</summary>
    public Exception? Failure => _failure;

    public void Dispose()
    {
        _stop.Cancel();
        foreach (var thread in _threads)
            thread.Join();
        _stop.Dispose();
    }

    private void Run(int port, Random random)
    {
        try
        {
            using var redis = new RedisConnection(port);
            var watch = Stopwatch.StartNew();
            for (var last = 0.0; !_stop.IsCancellationRequested; Thread.Sleep(s_turn))
            {
                var now = watch.Elapsed.TotalSeconds;
                // What could not be sent meanwhile is not made up for.
                var due = Rate / Connections * Math.Min(now - last, 4 * s_turn.TotalSeconds) * (1 + Swing * Math.Sin(2 * Math.PI * now / SwingSeconds) + 0.1 * (random.NextDouble() - 0.5));
                last = now;
                var count = (int)Math.Round(due);
                for (var i = 0; i < count; i++)
                    SendOne(redis, random);
                redis.Flush();
                for (var i = 0; i < count; i++)
                    redis.Receive();
            }
        }
        catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException)
        {
            _failure = error;
        }
    }

    private static void SendOne(RedisConnection redis, Random random)
    {
        // Few keys are asked for often, many seldom.
        var key = ((int)(Keys * Math.Pow(random.NextDouble(), 3))).ToString(CultureInfo.InvariantCulture);
        switch (random.Next(100))
        {
            case < 60:
                redis.Send("GET", $"item:{key}");
                break;
            case < 80:
                redis.Send("SET", $"item:{key}", new string('x', random.Next(50, 400)), "EX", "20");
                break;
            case < 88:
                redis.Send("INCR", $"count:{key}");
                break;
            case < 94:
                redis.Send("HSET", $"user:{key}", "name", key, "seen", "now");
                break;
            case < 97:
                redis.Send("LPUSH", "recent", key);
                break;
            case < 99:
                redis.Send("LTRIM", "recent", "0", "999");
                break;
            default:
                redis.Send("LRANGE", "recent", "0", "99");
                break;
        }
    }
}

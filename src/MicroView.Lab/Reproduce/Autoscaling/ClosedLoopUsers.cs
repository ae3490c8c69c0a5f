using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace MicroView.Lab;

/// <summary>An answered request: when (<see cref="Stopwatch.GetTimestamp"/>), after how many seconds, and with what status; 502 to 504 are the front's own.</summary>
internal readonly record struct Answer(long At, double Seconds, int Status)
{
    public bool IsGood => Status == 200;
}

/// <summary>
/// Users in a closed loop: each asks one of the replicas that are ready, in turn, waits for the answer, waits on, and asks again. They are also the front that would stand before a service: the counters of its requests
/// are theirs. Thread-safe.
/// </summary>
internal sealed class ClosedLoopUsers : IDisposable
{
    /// <summary>Upper bounds of the histogram, seconds.</summary>
    public static IReadOnlyList<double> Bounds { get; } = [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

    private readonly Func<IReadOnlyList<Uri>> _ready;
    private readonly TimeSpan _wait;
    private readonly HttpClient _http;
    private readonly Lock _gate = new();
    private readonly List<CancellationTokenSource> _users = [];
    private readonly ConcurrentQueue<Answer> _answers = new();
    private readonly long[] _buckets = new long[9];
    private readonly ConcurrentDictionary<int, long> _byStatus = new();
    private long _turn, _sumNs, _bytes, _asking;

    /// <param name="ready">Replicas that take requests now.</param>
    /// <param name="wait">From an answer to the next question.</param>
    /// <param name="patience">After so long a user gives up.</param>
    public ClosedLoopUsers(Func<IReadOnlyList<Uri>> ready, TimeSpan wait, TimeSpan patience)
    {
        (_ready, _wait) = (ready, wait);
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 10_000, AllowAutoRedirect = false }) { Timeout = patience };
    }

    /// <summary>Users now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _users.Count;
        }
    }

    /// <summary>Users that wait for an answer.</summary>
    public long Asking => Interlocked.Read(ref _asking);

    /// <summary>Bytes of all answers.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Seconds that all answers took together.</summary>
    public double Seconds => Interlocked.Read(ref _sumNs) / 1e9;

    /// <summary>Answers up to each bound, cumulative as in an exposition; the last is all.</summary>
    public long[] Cumulative()
    {
        var counts = new long[_buckets.Length];
        for (var i = 0; i < counts.Length; i++)
            counts[i] = Interlocked.Read(ref _buckets[i]) + (i > 0 ? counts[i - 1] : 0);
        return counts;
    }

    /// <summary>Answers with a status.</summary>
    public long WithStatus(int status) => _byStatus.GetValueOrDefault(status);

    /// <summary>Takes what was answered since it was last taken.</summary>
    public IEnumerable<Answer> Take()
    {
        while (_answers.TryDequeue(out var answer))
            yield return answer;
    }

    /// <summary>Lets users come or go until there are so many.</summary>
    public void SetCount(int count)
    {
        lock (_gate)
        {
            while (_users.Count > count)
            {
                _users[^1].Cancel();
                _users.RemoveAt(_users.Count - 1);
            }
            while (_users.Count < count)
            {
                var stop = new CancellationTokenSource();
                _users.Add(stop);
                _ = Task.Run(() => LiveAsync(stop.Token));
            }
        }
    }

    public void Dispose()
    {
        SetCount(0);
        _http.Dispose();
    }

    private async Task LiveAsync(CancellationToken stop)
    {
        try
        {
            // Users that come together do not ask together.
            await Task.Delay(_wait * Random.Shared.NextDouble(), stop);
            for (; !stop.IsCancellationRequested; await Task.Delay(_wait, stop))
                await AskAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // it goes home
        }
    }

    private async Task AskAsync(CancellationToken stop)
    {
        var started = Stopwatch.GetTimestamp();
        Interlocked.Increment(ref _asking);
        try
        {
            var status = 503;
            if (_ready() is { Count: > 0 } replicas)
                status = await AskAsync(replicas[(int)((ulong)Interlocked.Increment(ref _turn) % (ulong)replicas.Count)], stop);
            Register(new(Stopwatch.GetTimestamp(), Stopwatch.GetElapsedTime(started).TotalSeconds, status));
        }
        finally
        {
            Interlocked.Decrement(ref _asking);
        }
    }

    private async Task<int> AskAsync(Uri replica, CancellationToken stop)
    {
        try
        {
            using var answer = await _http.GetAsync(replica, stop);
            Interlocked.Add(ref _bytes, (await answer.Content.ReadAsByteArrayAsync(stop)).Length);
            return (int)answer.StatusCode;
        }
        catch (HttpRequestException)
        {
            return (int)HttpStatusCode.BadGateway;
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return (int)HttpStatusCode.GatewayTimeout;
        }
    }

    private void Register(Answer answer)
    {
        var bucket = 0;
        while (bucket < Bounds.Count && answer.Seconds > Bounds[bucket])
            bucket++;
        Interlocked.Increment(ref _buckets[bucket]);
        Interlocked.Add(ref _sumNs, (long)(answer.Seconds * 1e9));
        _byStatus.AddOrUpdate(answer.Status, 1, (_, count) => count + 1);
        _answers.Enqueue(answer);
    }
}

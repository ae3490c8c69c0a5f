using System.Collections.Concurrent;
using System.Diagnostics;

namespace MicroView.Lab;

/// <summary>What `lab load` was asked for.</summary>
/// <param name="File">The workload.</param>
/// <param name="Out">latency.csv.</param>
/// <param name="Seed">Of requests and gaps.</param>
/// <param name="WarmUpSeconds">Requests of this time are sent and not recorded.</param>
/// <param name="MostOpen">Requests that may be open; what is due beyond is recorded as failed.</param>
internal sealed record LoadOrder(LoadFile File, string Out, ulong Seed, double WarmUpSeconds, int MostOpen)
{
    /// <summary>After which an answer counts as an error.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>A request as it went. Times in nanoseconds; the start, of Unix time, is when it was meant to be sent.</summary>
internal readonly record struct LoadResult(string Name, long StartNs, long DurationNs, bool IsError);

/// <summary>
/// Sends requests when they are due, whether or not earlier ones have been answered. A latency counts from when its request was due, so that what a slow service keeps waiting is not
/// left out of the figures.
/// </summary>
internal sealed class LoadRun(LoadOrder order, TextWriter log) : IDisposable
{
    private const int LogEverySeconds = 10;

    // Its requests are roots: no span of its own, so no traceparent is sent.
    private readonly HttpClient _client = new(new SocketsHttpHandler { ActivityHeadersPropagator = null, MaxConnectionsPerServer = order.MostOpen, PooledConnectionIdleTimeout = TimeSpan.FromMinutes(10) })
    {
        Timeout = order.Patience,
    };

    private readonly ConcurrentQueue<LoadResult> _results = new();
    private readonly ConcurrentQueue<double> _recent = new(); // ms, since the last line of the log
    private readonly Uri _server = new(order.File.Url.TrimEnd('/') + "/");
    private readonly DateTime _startedUtc = DateTime.UtcNow;
    private readonly long _started = Stopwatch.GetTimestamp();
    private int _open;
    private long _sent, _errors, _refused;
    private double _latest;

    public static async Task<int> ExecuteAsync(LoadOrder order, TextWriter output, CancellationToken stop)
    {
        using var run = new LoadRun(order, output);
        await run.RunAsync(stop);
        run.Write();
        return ExitCode.Success;
    }

    public void Dispose() => _client.Dispose();

    private async Task RunAsync(CancellationToken stop)
    {
        var seconds = order.WarmUpSeconds + order.File.Seconds;
        Say(FormattableString.Invariant($"{order.File.Tput} requests a second to {order.File.Url} for {seconds} s, seed {order.Seed}: {string.Join(", ", order.File.Apis.Select(api => $"{api.Proportion} % {api.Name}"))}"));
        var next = (double)LogEverySeconds;
        foreach (var request in new LoadSchedule(order.File, order.Seed).Requests())
        {
            if (request.At.TotalSeconds >= seconds || !await WaitAsync(request.At, stop))
                break;
            _ = SendAsync(request);
            if (request.At.TotalSeconds < next)
                continue;
            Progress();
            next += LogEverySeconds;
        }
        for (var waited = Stopwatch.StartNew(); Volatile.Read(ref _open) > 0 && waited.Elapsed < order.Patience + TimeSpan.FromSeconds(1) && !stop.IsCancellationRequested;)
            await Task.Delay(10, CancellationToken.None);
        Progress();
        Say(stop.IsCancellationRequested ? "stopped" : "finished all requests");
    }

    /// <summary>false when it was stopped first.</summary>
    private async Task<bool> WaitAsync(TimeSpan due, CancellationToken stop)
    {
        for (var rest = due - Stopwatch.GetElapsedTime(_started); rest > TimeSpan.Zero; rest = due - Stopwatch.GetElapsedTime(_started))
        {
            if (stop.IsCancellationRequested)
                return false;
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Clamp(Math.Ceiling(rest.TotalMilliseconds), 1, 200)), CancellationToken.None);
        }
        _latest = Math.Max(_latest, (Stopwatch.GetElapsedTime(_started) - due).TotalMilliseconds);
        return !stop.IsCancellationRequested;
    }

    private async Task SendAsync(LoadRequest request)
    {
        var isError = true;
        Interlocked.Increment(ref _sent);
        if (Interlocked.Increment(ref _open) > order.MostOpen)
            Interlocked.Increment(ref _refused);
        else
            isError = !await AnswerAsync(request);
        Interlocked.Decrement(ref _open);
        if (isError)
            Interlocked.Increment(ref _errors);
        var took = Stopwatch.GetElapsedTime(_started) - request.At;
        _recent.Enqueue(took.TotalMilliseconds);
        if (request.At.TotalSeconds >= order.WarmUpSeconds)
            _results.Enqueue(new LoadResult(request.Api.Name, (_startedUtc - DateTime.UnixEpoch + request.At).Ticks * 100, took.Ticks * 100, isError));
    }

    private async Task<bool> AnswerAsync(LoadRequest request)
    {
        try
        {
            using var message = request.To(_server);
            using var answer = await _client.SendAsync(message);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }

    private void Progress()
    {
        var milliseconds = new List<double>();
        while (_recent.TryDequeue(out var one))
            milliseconds.Add(one);
        milliseconds.Sort();
        var latency = milliseconds.Count == 0 ? "" : FormattableString.Invariant($"; latency ms p50 {milliseconds[milliseconds.Count / 2]:0.0} p99 {milliseconds[(int)(milliseconds.Count * 0.99)]:0.0} max {milliseconds[^1]:0.0}");
        Say(FormattableString.Invariant($"sent {_sent} open {Volatile.Read(ref _open)} errors {_errors} refused here {_refused} sent late by at most {_latest:0.0} ms{latency}"));
    }

    private void Say(string text) => log.WriteLine(FormattableString.Invariant($"{DateTime.UtcNow:yyyy-MM-ddTHH:mm:ss.fffZ} {text}"));

    private void Write() => ResultFile.Write(order.Out, text =>
    {
        text.WriteRow("Name", "Start", "Duration", "IsError");
        foreach (var result in _results.OrderBy(result => result.StartNs))
            text.WriteRow(result.Name, result.StartNs, result.DurationNs, result.IsError ? "true" : "false");
    });
}

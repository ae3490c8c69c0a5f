using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Threading;
using Microsoft.Extensions.Logging;
using MicroView.Export;

namespace MicroView.Collector;

/// <summary>
/// Delivers what is queued to a remote-write receiver, one request after the other: an answer of 5xx or 429, a broken network and silence are tried again, with growing pauses; any
/// other refusal costs the request's samples, which are counted. A task of its own, that nobody waits for.
/// </summary>
internal sealed class RemoteWriter : IAsyncDisposable
{
    private const int MostSamples = 5000, MostBytes = 1 << 20;
    private const int ShownCharacters = 200, MostHeaderKilobytes = 16, MostDrainedBytes = 64 * 1024;
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(100), s_longestPause = TimeSpan.FromSeconds(10), s_longestWish = TimeSpan.FromMinutes(1), s_tellAgain = TimeSpan.FromSeconds(30);

    private readonly SampleOptions _options;
    private readonly SampleQueue _queue;
    private readonly SampleStatistics _statistics;
    private readonly CollectorClock _clock;
    private readonly ILogger _logger;
    private readonly HttpClient _http;
    private readonly RemoteWriteCredentials _credentials;
    private readonly RemoteWriteRequest _request;
    private readonly CancellationTokenSource _drain = new(), _stop = new();
    private SampleBatch? _batch;
    private Task _loop = Task.CompletedTask;
    private long _ofRows, _requestMs;
    private long _toldAt = long.MinValue / 2;
    private bool _isTold;

    public RemoteWriter(SampleOptions options, SampleQueue queue, SampleStatistics statistics, CollectorClock clock, ILogger logger)
    {
        (_options, _queue, _statistics, _clock, _logger) = (options, queue, statistics, clock, logger);
        _credentials = new(options.TokenFile, logger);
        _request = new([.. options.Labels.Select(label => new Label(label.Key, label.Value))]);
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false, // a redirected POST could carry the token elsewhere
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            MaxConnectionsPerServer = 1,
            MaxResponseHeadersLength = MostHeaderKilobytes,
            MaxResponseDrainSize = MostDrainedBytes,
            ResponseDrainTimeout = TimeSpan.FromSeconds(1),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5), // names may come to mean other addresses
        }) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Age of the oldest sample that waits or is on its way, s; 0: there is none.</summary>
    public double LagSeconds =>
        (Volatile.Read(ref _requestMs) is > 0 and var request ? request : _queue.OldestMs) is { } oldest ? Math.Max(0, (_clock.Now.ToUnixTimeMilliseconds() - oldest) / 1e3) : 0;

    public void Start() => _loop = Task.Run(RunAsync);

    /// <summary>Delivers what is queued, as far as the limit of the options goes, and counts what is left.</summary>
    public async ValueTask DisposeAsync()
    {
        _stop.CancelAfter(_options.FlushLimit);
        await _drain.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        var left = 0L;
        for (var batch = _batch ?? _queue.Take(); batch is not null; batch = _queue.Take())
        {
            left += batch.Samples;
            batch.Dispose();
        }
        _statistics.Drop(DropReason.Shutdown, left);
        if (_statistics.Dropped(DropReason.Shutdown) is > 0 and var lost)
            _logger.LogWarning("{Samples} samples were not delivered to {Url} before the stop", lost, _options.Shown);
        _http.Dispose();
        _drain.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (true)
        {
            if (Build())
            {
                await DeliverAsync().ConfigureAwait(false);
                Volatile.Write(ref _requestMs, 0);
                if (_stop.IsCancellationRequested)
                    return;
                continue;
            }
            if (_drain.IsCancellationRequested)
                return;
            try
            {
                await _queue.WaitAsync(_drain.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // What was queued meanwhile is delivered, then it ends.
            }
        }
    }

    /// <summary>Fills a request with the oldest that there is; false: there is nothing.</summary>
    private bool Build()
    {
        _request.Clear();
        (_ofRows, var oldestMs) = (0, long.MaxValue);
        while (_request.Samples < MostSamples && _request.Length < MostBytes && (_batch ??= _queue.Take()) is { } batch)
        {
            oldestMs = Math.Min(oldestMs, batch.TimesMs[0]);
            while (batch.NextLine < batch.Series.Count && _request.Samples < MostSamples && _request.Length < MostBytes)
            {
                var samples = _request.Add(batch.Series, batch.NextLine++, batch.TimesMs, batch.Bits);
                _ofRows += batch.IsOfRows ? samples : 0;
            }
            if (batch.NextLine < batch.Series.Count)
                break;
            batch.Dispose();
            _batch = null;
        }
        if (_request.Samples > 0)
            Volatile.Write(ref _requestMs, oldestMs);
        return _request.Samples > 0;
    }

    private async Task DeliverAsync()
    {
        var body = _request.Compress();
        var overflows = _queue.Overflows;
        for (var pause = s_firstPause; ; pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, s_longestPause.Ticks)))
        {
            var (outcome, wish) = await TryAsync(body).ConfigureAwait(false);
            if (outcome != Outcome.TryAgain)
            {
                _statistics.Answered();
                if (outcome == Outcome.Delivered)
                    _statistics.Send(_request.Samples, _ofRows);
                else
                    _statistics.Drop(DropReason.Rejected, _request.Samples);
                return;
            }
            await Task.Delay(wish ?? pause * (0.8 + 0.4 * Random.Shared.NextDouble()), _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // What is oldest goes first where there is no room for what is new.
            if (_stop.IsCancellationRequested || _queue.Overflows != overflows)
            {
                _statistics.Drop(_stop.IsCancellationRequested ? DropReason.Shutdown : DropReason.QueueFull, _request.Samples);
                return;
            }
            _statistics.Retry();
        }
    }

    private enum Outcome
    {
        Delivered,
        Refused,
        TryAgain,
    }

    private async Task<(Outcome Outcome, TimeSpan? Wish)> TryAsync(ReadOnlyMemory<byte> body)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        limit.CancelAfter(_options.Timeout);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, _options.RemoteWrite) { Content = new ReadOnlyMemoryContent(body) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue(RemoteWriteRequest.ContentType);
            request.Content.Headers.ContentEncoding.Add(RemoteWriteRequest.ContentEncoding);
            request.Headers.Add("X-Prometheus-Remote-Write-Version", RemoteWriteRequest.Version);
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("MicroView", typeof(RemoteWriter).Assembly.GetName().Version?.ToString(3)));
            request.Headers.Authorization = _credentials.Current();
            // The body of an answer is read only where it explains a refusal, and no further than it is shown.
            using var answer = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
            if (answer.IsSuccessStatusCode)
            {
                TellDelivery();
                return (Outcome.Delivered, null);
            }
            var why = $"it answers {(int)answer.StatusCode}{await ExplainAsync(answer, limit.Token).ConfigureAwait(false)}";
            if (answer.StatusCode == HttpStatusCode.TooManyRequests || (int)answer.StatusCode >= 500)
            {
                TellFailure($"{why}; it is tried again");
                return (Outcome.TryAgain, WishOf(answer));
            }
            TellFailure($"{why}; {_request.Samples} samples are dropped");
            return (Outcome.Refused, null);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or OperationCanceledException)
        {
            if (!_stop.IsCancellationRequested)
                TellFailure($"{(error is OperationCanceledException ? $"no answer within {_options.Timeout.TotalSeconds:0.#} s" : error.GetBaseException().Message.TrimEnd('.'))}; it is tried again");
            return (Outcome.TryAgain, null);
        }
    }

    private static TimeSpan? WishOf(HttpResponseMessage answer) =>
        answer.Headers.RetryAfter?.Delta is { } wish && wish > TimeSpan.Zero ? TimeSpan.FromTicks(Math.Min(wish.Ticks, s_longestWish.Ticks)) : null;

    /// <summary>The first line of an answer.</summary>
    private static async Task<string> ExplainAsync(HttpResponseMessage answer, CancellationToken limit)
    {
        await using var body = await answer.Content.ReadAsStreamAsync(limit).ConfigureAwait(false);
        var bytes = new byte[ShownCharacters];
        var count = await body.ReadAtLeastAsync(bytes, 1, throwOnEndOfStream: false, limit).ConfigureAwait(false);
        var text = new string([.. Encoding.UTF8.GetString(bytes.AsSpan(0, count)).TakeWhile(c => c is not ('\r' or '\n')).Select(c => char.IsControl(c) ? ' ' : c)]).Trim();
        return text.Length > 0 ? $": {text}" : "";
    }

    /// <summary>A receiver that takes one request and refuses the next must not fill the log.</summary>
    private void TellFailure(string what)
    {
        if (Environment.TickCount64 - _toldAt < s_tellAgain.TotalMilliseconds)
            return;
        (_isTold, _toldAt) = (true, Environment.TickCount64);
        _logger.LogWarning("Remote write to {Url}: {What}", _options.Shown, what);
    }

    private void TellDelivery()
    {
        if (!_isTold)
            return;
        _isTold = false;
        _logger.LogInformation("Remote write to {Url} delivers again; {Bytes} bytes wait", _options.Shown, _queue.Bytes);
    }
}

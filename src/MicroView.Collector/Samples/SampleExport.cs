using Microsoft.Extensions.Logging;
using MicroView.Export;

namespace MicroView.Collector;

/// <summary>Remote write as a whole: the thread that chooses samples, the queue, and the task that delivers them (docs/remote-write.md).</summary>
internal sealed class SampleExport : IAsyncDisposable
{
    private readonly SampleCollector _collector;
    private readonly SampleQueue _queue;
    private readonly RemoteWriter _writer;
    private readonly SampleOptions _options;
    private readonly ILogger _logger;
    private bool _isStarted;

    /// <param name="options">What is sent, and where.</param>
    /// <param name="interval">From one scrape to the next.</param>
    /// <param name="document">What there is; its own metrics join it.</param>
    /// <param name="followAlarms">Brings the series of alarms up to date.</param>
    /// <param name="clock">The collector's clock.</param>
    /// <param name="logger">For what happens.</param>
    public SampleExport(SampleOptions options, TimeSpan interval, ExpositionDocument document, Action followAlarms, CollectorClock clock, ILogger logger)
    {
        (_options, _logger) = (options, logger);
        _queue = new SampleQueue(options.QueueBytes, Statistics);
        var memory = new FlightMemory(options.RecorderBytes, interval, logger);
        _writer = new RemoteWriter(options, _queue, Statistics, clock, logger);
        _collector = new SampleCollector(options, document, followAlarms, _queue, Statistics, memory, clock, logger);
        Statistics.Join(document, _queue, _writer, memory);
    }

    /// <summary>Before anything is opened.</summary>
    /// <exception cref="CollectorStartException">The file with the credentials cannot be read.</exception>
    public static void Check(SampleOptions? options, ILogger logger) => new RemoteWriteCredentials(options?.TokenFile, logger).Require();

    /// <summary>What became of samples.</summary>
    public SampleStatistics Statistics { get; } = new();

    public void Start()
    {
        _isStarted = true;
        _writer.Start();
        _collector.Start();
        _logger.LogInformation("Samples go to {Url}: each {Baseline} s, and all of them from {Recorder} s before an alarm to {Hold} s after it", _options.Shown,
            _options.Baseline.TotalSeconds, _options.Recorder.TotalSeconds, _options.Hold.TotalSeconds);
    }

    /// <summary>Decides on what is left and delivers it, within the limit; the LMAPs must have stopped, and the pods' series still be there.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isStarted)
            _collector.Dispose();
        await _writer.DisposeAsync().ConfigureAwait(false);
        _queue.Dispose();
    }
}

using System.Diagnostics.Metrics;

namespace MicroView.Client;

/// <summary>
/// Collects the process's System.Diagnostics.Metrics instruments, whoever made them: a measurement becomes an update of a metric of the
/// instrument's name and the tags as labels. Counters become counters, up-down counters and gauges become gauges, histograms take the
/// bounds that the instrument advises (from .NET 9 on), else OpenTelemetry's. Thread-safe; nothing throws into who measures.
/// </summary>
public sealed class MeterBridge : IDisposable
{
    private static readonly Lazy<MeterBridge> Shared = new(() => new(MicroViewClient.Default, new()));

    private readonly MicroViewClient _client;
    private readonly MeterBridgeOptions _options;
    private readonly MeterListener _listener = new();
    private readonly ManualResetEventSlim _stop = new(false, spinCount: 0);
    private readonly Dictionary<Metric, int> _holders = [];
    private int _observing;
    private long _overflows;

    private MeterBridge(MicroViewClient client, MeterBridgeOptions options)
    {
        (_client, _options) = (client, options);
        _listener.InstrumentPublished = Publish;
        _listener.MeasurementsCompleted = Complete;
        _listener.SetMeasurementEventCallback<byte>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<short>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<float>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, state) => Record(state, value, tags));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, tags, state) => Record(state, (double)value, tags));
        _listener.Start();
    }

    /// <summary>Measurements that went to an overflow series, because their instrument had too many label sets.</summary>
    public long OverflowedMeasurements => Interlocked.Read(ref _overflows);

    /// <summary>Bridges every instrument into <see cref="MicroViewClient.Default"/>; once per process.</summary>
    public static MeterBridge Start() => Shared.Value;

    /// <summary>Bridges instruments into a client until it is disposed.</summary>
    public static MeterBridge Start(MicroViewClient client, MeterBridgeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        return new(client, options ?? new());
    }

    /// <summary>Stops collecting; the series keep their last values.</summary>
    public void Dispose()
    {
        _stop.Set();
        _listener.Dispose();
    }

    internal MicroViewClient Client => _client;

    internal int MaxLabelSets => Math.Max(1, _options.MaxLabelSets);

    internal void CountOverflow() => Interlocked.Increment(ref _overflows);

    /// <summary>Guards every instrument's series: two instruments of one name, of two hosts in a process, share theirs.</summary>
    internal object Gate => _holders;

    /// <summary>An instrument uses this series. Under <see cref="Gate"/>.</summary>
    internal void Hold(Metric metric) => _holders[metric] = _holders.GetValueOrDefault(metric) + 1;

    /// <summary>An instrument has ended; with its last instrument the series ends. Under <see cref="Gate"/>.</summary>
    internal void GiveUp(Metric metric)
    {
        if (--_holders[metric] > 0)
            return;
        _holders.Remove(metric);
        metric.Dispose();
    }

    private static void Record(object? state, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (state is BridgedInstrument instrument)
            instrument.Record(value, tags);
    }

    private void Publish(Instrument instrument, MeterListener listener)
    {
        try
        {
            if (_options.Filter?.Invoke(instrument) == false)
                return;
            listener.EnableMeasurementEvents(instrument, new BridgedInstrument(this, instrument));
            if (instrument.IsObservable && Interlocked.Exchange(ref _observing, 1) == 0)
                new Thread(Observe) { IsBackground = true, Name = "microview-observe" }.Start();
        }
        catch (Exception error)
        {
            _client.Tell($"instrument '{instrument.Name}' is not collected: {error.Message}");
        }
    }

    /// <summary>The instrument's meter is gone, or this bridge: only in the first case do its series end.</summary>
    private void Complete(Instrument instrument, object? state)
    {
        if (!_stop.IsSet)
            (state as BridgedInstrument)?.End();
    }

    /// <summary>A thread of its own: a callback that hangs holds up neither a caller nor the session.</summary>
    private void Observe()
    {
        var period = _options.ObservePeriod < TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : _options.ObservePeriod;
        var first = true;
        do
        {
            if (!first && !_client.IsAttached)
                continue; // nobody looks
            first = false;
            try
            {
                _listener.RecordObservableInstruments();
            }
            catch (Exception error)
            {
                _client.Tell($"an observable instrument failed: {error.GetBaseException().Message}"); // the others were recorded
            }
        }
        while (!_stop.Wait(period));
    }
}

using System.Diagnostics.Metrics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace MicroView.Client;

/// <summary>One instrument and its series. Recording a set of tags seen before takes no lock and allocates nothing.</summary>
internal sealed class BridgedInstrument
{
    /// <summary>Orders and spellings of tags kept per label set: callers that vary the order must not grow memory without end.</summary>
    private const int SpellingsPerLabelSet = 4;

    private readonly MeterBridge _bridge;
    private readonly Instrument _instrument;
    private readonly InstrumentKind _kind;
    private readonly MetricInfo _info;
    private readonly TagTable _table = new();
    private readonly Dictionary<string, Metric> _series = new(StringComparer.Ordinal);
    private Metric? _untagged;
    private volatile Metric? _overflow;
    private bool _ended;

    internal BridgedInstrument(MeterBridge bridge, Instrument instrument)
    {
        (_bridge, _instrument) = (bridge, instrument);
        _kind = InstrumentKinds.Of(instrument);
        _info = new()
        {
            Unit = Cut(instrument.Unit, 100), Help = Cut(instrument.Description, 500),
            Bounds = _kind == InstrumentKind.Histogram ? InstrumentKinds.BoundsOf(instrument) : null,
        };
    }

    internal void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        try
        {
            Metric? metric;
            if (tags.Length == 0)
                metric = _untagged ?? Resolve(tags, 0, keep: false);
            else
                metric = TagTable.TryHash(tags, out var hash) ? _table.Find(tags, hash) ?? Resolve(tags, hash, keep: true) : Resolve(tags, 0, keep: false);
            Update(metric, value);
        }
        catch (Exception error)
        {
            _bridge.Client.Tell($"a measurement of '{_instrument.Name}' was lost: {error.Message}"); // a tag's ToString may do anything
        }
    }

    /// <summary>Ends the series: the instrument's meter is gone.</summary>
    internal void End()
    {
        lock (_bridge.Gate)
        {
            _ended = true;
            foreach (var metric in _series.Values)
                _bridge.GiveUp(metric);
            if (_overflow is { } overflow)
                _bridge.GiveUp(overflow);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Update(Metric metric, double value)
    {
        switch (_kind)
        {
            case InstrumentKind.Counter:
                Unsafe.As<Counter>(metric).Add(value);
                break;
            case InstrumentKind.Histogram:
                Unsafe.As<Histogram>(metric).Record(value);
                break;
            case InstrumentKind.UpDownCounter:
                Unsafe.As<Gauge>(metric).Add(value);
                break;
            default:
                Unsafe.As<Gauge>(metric).Set(value);
                break;
        }
    }

    /// <summary>Finds or makes the series of tags in a spelling not seen before.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Metric Resolve(ReadOnlySpan<KeyValuePair<string, object?>> tags, int hash, bool keep)
    {
        // Both full: a new spelling is not even looked at, so that endless new tags cost as little as known ones.
        if (_overflow is { } full && _table.Count >= _bridge.MaxLabelSets * SpellingsPerLabelSet)
            return Overflow(full);
        var labels = Labels(tags);
        lock (_bridge.Gate)
        {
            var key = MetricIdentity.Create("", default, null, labels).Key();
            if (!_series.TryGetValue(key, out var metric))
            {
                if (_ended || _series.Count >= _bridge.MaxLabelSets)
                    return Overflow(_overflow ??= Create([("otel_metric_overflow", "true")]));
                _series[key] = metric = Create(labels);
            }
            if (tags.Length == 0)
                _untagged = metric;
            else if (keep && _table.Count < _bridge.MaxLabelSets * SpellingsPerLabelSet)
                _table.Set(tags, hash, metric);
            return metric;
        }
    }

    private Metric Overflow(Metric overflow)
    {
        _bridge.CountOverflow();
        return overflow;
    }

    private Metric Create(ReadOnlySpan<(string, string)> labels)
    {
        var (client, name) = (_bridge.Client, _instrument.Name);
        Metric metric = _kind switch
        {
            InstrumentKind.Counter => client.Counter(name, _info, labels),
            InstrumentKind.ObservableCounter => client.Total(name, _info, labels),
            InstrumentKind.Histogram => client.Histogram(name, _info, labels),
            _ => client.Gauge(name, _info, labels),
        };
        _bridge.Hold(metric);
        return metric;
    }

    /// <summary>The meter's, the instrument's and the measurement's tags; of one name the last counts.</summary>
    private (string, string)[] Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new List<(string, string)>(tags.Length);
        foreach (var tag in _instrument.Meter.Tags ?? [])
            labels.Add((tag.Key, Text(tag.Value)));
        foreach (var tag in _instrument.Tags ?? [])
            labels.Add((tag.Key, Text(tag.Value)));
        foreach (var tag in tags)
            labels.Add((tag.Key, Text(tag.Value)));
        return [.. labels];
    }

    private static string Text(object? value) => Cut(value switch
    {
        null => "",
        string text => text,
        bool flag => flag ? "true" : "false",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    }, 300) ?? "";

    /// <summary>The limits are in bytes, up to three for a character: a description that is too long must not cost the metric.</summary>
    private static string? Cut(string? text, int limit)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        if (text.Length <= limit)
            return text;
        return text[..(char.IsHighSurrogate(text[limit - 1]) ? limit - 1 : limit)];
    }
}

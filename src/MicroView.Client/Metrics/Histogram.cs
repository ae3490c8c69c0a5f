using MicroView.Protocol;

namespace MicroView.Client;

/// <summary>Observations counted in buckets, and their sum; for any number of threads.</summary>
public sealed class Histogram : Metric
{
    private readonly BucketBounds _bounds;
    private SlotCell[] _buckets = [];
    private SlotCell _sum;
    private int _stripes, _owned;

    internal Histogram(MetricIdentity identity) : base(identity) => _bounds = new(identity.Info?.Bounds ?? DefaultBounds);

    /// <summary>Bounds for durations in seconds, from 5 ms to 10 s: those that .NET itself and OpenTelemetry use.</summary>
    public static IReadOnlyList<double> DefaultBounds { get; } =
        [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    /// <summary>Inclusive upper bounds of the buckets, without the last, which is +Inf.</summary>
    public IReadOnlyList<double> Bounds => _bounds.Values;

    /// <summary>The sum of the observations.</summary>
    public double Sum => Counter.Sum(_sum, _stripes);

    /// <summary>The number of observations.</summary>
    public double Count
    {
        get
        {
            var count = 0.0;
            for (var bucket = 0; bucket < _buckets.Length; bucket++)
                count += CountIn(bucket);
            return count;
        }
    }

    /// <summary>Observations in one bucket, not cumulated.</summary>
    /// <param name="bucket">0 to the number of bounds, which is the bucket of +Inf; any other has none.</param>
    public double CountIn(int bucket) =>
        (uint)bucket < (uint)_buckets.Length ? Counter.Sum(_buckets[bucket], _stripes) : 0;

    /// <summary>Records an observation; a non-finite one is ignored.</summary>
    public void Record(double value)
    {
        if (!double.IsFinite(value))
            return;
        var buckets = _buckets;
        var bucket = _bounds.Find(value);
        if ((uint)bucket >= (uint)buckets.Length)
            return;
        var stripe = ThreadStripe.Owned;
        if ((uint)stripe < (uint)_owned)
        {
            buckets[bucket].AddSingleWriter(1, stripe);
            _sum.AddSingleWriter(value, stripe);
            return;
        }
        stripe = ThreadStripe.Shared(_stripes);
        buckets[bucket].Add(1, stripe);
        _sum.Add(value, stripe);
    }

    internal override SlotDescriptor[] Describe() =>
        [.. _bounds.Values.Select(bound => Descriptor(SlotRole.Bucket, bound)), Descriptor(SlotRole.Bucket), Descriptor(SlotRole.Sum)];

    private protected override void Bind(SlotCell[] cells, int stripes)
    {
        (_sum, _stripes, _owned) = (cells[^1], stripes, ThreadStripe.OwnedOf(stripes));
        _buckets = cells[..^1];
    }
}

using MicroView.Protocol;

namespace MicroView.Client;

/// <summary>The metrics of a client by name and labels. Thread-safe; never throws into a caller.</summary>
internal sealed class MetricRegistry(SlotSpace slots, Action changed, ProblemLog problems)
{
    private readonly object _gate = new();
    private readonly Dictionary<string, Metric> _metrics = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (Type Kind, MetricType Type, int Metrics)> _names = new(StringComparer.Ordinal);

    /// <summary>The metric of this identity; a new one when there is none yet, an inert one when there cannot be.</summary>
    internal T GetOrAdd<T>(MetricIdentity identity, Func<MetricIdentity, T> create) where T : Metric
    {
        if (Check(identity) is { } problem)
            return Inert(create(identity with { Info = null }), problem);
        var key = identity.Key();
        T created;
        lock (_gate)
        {
            if (_metrics.TryGetValue(key, out var known) && known is T same && same.Identity.Type == identity.Type)
                return same;
            created = create(identity);
            if (_names.TryGetValue(identity.Name, out var name) && (name.Kind != typeof(T) || name.Type != identity.Type))
                return Inert(created, $"'{identity.Name}' is in use as a {name.Type} ({name.Kind.Name}) and cannot be a {identity.Type} ({typeof(T).Name}) too");
            var descriptors = created.Describe();
            if (slots.Assign(descriptors, out var first) is not { } cells)
                return Inert(created, $"no room for '{identity.Name}' with {descriptors.Length} slots: the pod's {PageFormat.MaxObjects} objects of {slots.Geometry.Slots} slots are full");
            created.Place(this, cells, slots.Geometry.Stripes, first);
            _metrics[key] = created;
            _names[identity.Name] = (typeof(T), identity.Type, name.Metrics + 1);
        }
        changed();
        return created;
    }

    internal void Remove(Metric metric)
    {
        lock (_gate)
        {
            if (metric.IsInert)
                return;
            var (first, count) = (metric.FirstSlot, metric.Describe().Length);
            metric.Place(this, slots.Sink(count), slots.Geometry.Stripes, firstSlot: -1);
            slots.Retire(first, count);
            _metrics.Remove(metric.Identity.Key());
            var name = _names[metric.Name];
            if (name.Metrics == 1)
                _names.Remove(metric.Name);
            else
                _names[metric.Name] = name with { Metrics = name.Metrics - 1 };
        }
        changed();
    }

    private static string? Check(MetricIdentity identity)
    {
        try
        {
            var info = identity.Info;
            return NameRules.Check(new() { Name = identity.Name, Labels = identity.Labels, Unit = info?.Unit, Help = info?.Help, Resolution = info?.Resolution })
                ?? BucketBounds.Check(info?.Bounds);
        }
        catch (Exception error)
        {
            return "a metric's properties cannot be read: " + error.Message; // bounds are the caller's own list
        }
    }

    private T Inert<T>(T metric, string problem) where T : Metric
    {
        metric.Place(this, slots.Sink(metric.Describe().Length), slots.Geometry.Stripes, firstSlot: -1);
        problems.CountInert(problem);
        return metric;
    }
}

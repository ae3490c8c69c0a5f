using System.Runtime.CompilerServices;

namespace MicroView.Client;

/// <summary>
/// Metrics of one name that differ in the values of the same labels. Looking up values that were seen before takes no lock and
/// allocates nothing. Thread-safe; never throws.
/// </summary>
/// <typeparam name="T">The kind of metric.</typeparam>
public sealed class MetricFamily<T> where T : Metric
{
    private readonly TagTable _children = new();
    private readonly string[] _labels;
    private readonly Func<(string Name, string Value)[], T> _create;

    internal MetricFamily(string[] labels, Func<(string Name, string Value)[], T> create) => (_labels, _create) = ([.. labels], create);

    /// <summary>The metric with this value of the first label.</summary>
    public T WithLabels(string value) => Find([new(Label(0), value)]);

    /// <summary>The metric with these values.</summary>
    public T WithLabels(string first, string second) => Find([new(Label(0), first), new(Label(1), second)]);

    /// <summary>The metric with these values.</summary>
    public T WithLabels(string first, string second, string third) =>
        Find([new(Label(0), first), new(Label(1), second), new(Label(2), third)]);

    /// <summary>The metric with these values, one per label; another number of values gives an inert metric.</summary>
    public T WithLabels(params string[] values)
    {
        var tags = new KeyValuePair<string, object?>[values?.Length ?? 0];
        for (var i = 0; i < tags.Length; i++)
            tags[i] = new(Label(i), values![i]);
        return Find(tags);
    }

    private string Label(int index) => (uint)index < (uint)_labels.Length ? _labels[index] : "";

    private T Find(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        _ = TagTable.TryHash(tags, out var hash); // strings always hash
        return _children.Find(tags, hash) is { IsInert: false } known ? Unsafe.As<T>(known) : Add(tags, hash);
    }

    private T Add(ReadOnlySpan<KeyValuePair<string, object?>> tags, int hash)
    {
        var labels = new (string, string)[Math.Max(tags.Length, _labels.Length)];
        for (var i = 0; i < labels.Length; i++)
            labels[i] = (i < tags.Length ? tags[i].Key : "", i < tags.Length ? (string)tags[i].Value! : "");
        var child = _create(labels); // the registry answers the same metric for the same labels
        if (!child.IsInert)
            _children.Set(tags, hash, child);
        return child;
    }
}

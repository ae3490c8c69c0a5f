using System.Globalization;
using System.Text;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>
/// Decides which announced descriptors stand: each on its own, no metric twice in a pod, histograms whole. Keeps the names that a
/// pod uses. Not thread-safe.
/// </summary>
internal sealed class DescriptorRules
{
    private static readonly SlotDescriptor Hidden = new() { Name = "hidden", Type = MetricType.Gauge, Role = SlotRole.Hidden };
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <summary>
    /// Checks descriptors that take the slots from <paramref name="firstSlot"/> on; those that break a rule come back hidden.
    /// </summary>
    internal SlotDescriptor[] Admit(int firstSlot, IReadOnlyList<SlotDescriptor> asked, List<RejectedSlot> rejected)
    {
        var admitted = new SlotDescriptor[asked.Count];
        for (var at = 0; at < asked.Count;)
        {
            var end = asked[at] is { Type: MetricType.Histogram, Role: not SlotRole.Hidden } ? EndOfHistogram(asked, at) : at + 1;
            var problem = Check(asked, at, end);
            for (var slot = at; slot < end; slot++)
            {
                admitted[slot] = problem is null ? asked[slot] : Hidden;
                if (problem is not null)
                    rejected.Add(new(firstSlot + slot, problem));
            }
            at = end;
        }
        return admitted;
    }

    /// <summary>Frees the name of a metric that was removed.</summary>
    internal void Release(SlotDescriptor descriptor)
    {
        if (descriptor.Role != SlotRole.Hidden)
            _taken.Remove(Key(descriptor));
    }

    private string? Check(IReadOnlyList<SlotDescriptor> asked, int start, int end)
    {
        for (var at = start; at < end; at++)
            if (CheckAlone(asked[at]) is { } problem)
                return problem;
        if (asked[start].Role == SlotRole.Hidden)
            return null;
        if (asked[start].Type == MetricType.Histogram && CheckShape(asked, start, end) is { } shape)
            return shape;
        for (var at = start; at < end; at++)
        {
            if (_taken.Add(Key(asked[at])))
                continue;
            for (var before = start; before < at; before++)
                _taken.Remove(Key(asked[before]));
            return $"'{asked[at].Name}' is announced twice with the same labels";
        }
        return null;
    }

    private static string? CheckAlone(SlotDescriptor? descriptor)
    {
        if (descriptor is null)
            return "the descriptor is null";
        if (descriptor.Type > MetricType.Histogram || descriptor.Role > SlotRole.Hidden)
            return "the type or the role is not one of the control plane's";
        if (NameRules.Check(descriptor) is { } problem)
            return problem;
        return JsonSize.Of(descriptor) > LayoutLimits.BytesPerItem ? $"name, labels and help take more than {LayoutLimits.BytesPerItem} bytes" : null;
    }

    /// <summary>A histogram ends with its sum, or where another metric begins.</summary>
    private static int EndOfHistogram(IReadOnlyList<SlotDescriptor> asked, int start)
    {
        for (var at = start; at < asked.Count; at++)
        {
            if (asked[at] is null || (at > start && !asked[at].IsSameMetric(asked[start])))
                return Math.Max(at, start + 1);
            if (asked[at].Role == SlotRole.Sum)
                return at + 1;
        }
        return asked.Count;
    }

    private static string? CheckShape(IReadOnlyList<SlotDescriptor> asked, int start, int end)
    {
        var name = asked[start].Name;
        if (end - start < 2 || asked[end - 1].Role != SlotRole.Sum)
            return $"histogram '{name}' must be announced whole: its buckets, then its sum";
        for (var at = start; at < end - 1; at++)
        {
            if (asked[at].Role != SlotRole.Bucket)
                return $"histogram '{name}' has a slot of role {asked[at].Role} among its buckets";
            if (at > start && !((asked[at].Bound ?? double.PositiveInfinity) > (asked[at - 1].Bound ?? double.PositiveInfinity)))
                return $"the buckets of histogram '{name}' do not rise";
        }
        return null;
    }

    /// <summary>A sum has its histogram's plain key, so a histogram and a gauge of one name collide.</summary>
    private static string Key(SlotDescriptor descriptor)
    {
        var plain = descriptor.Labels is null or { Count: 0 } && descriptor.Role != SlotRole.Bucket;
        if (plain)
            return descriptor.Name;
        var key = new StringBuilder(descriptor.Name);
        if (descriptor.Labels is not null)
            foreach (var (name, value) in descriptor.Labels)
                key.Append('\0').Append(name).Append('\0').Append(value);
        if (descriptor.Role == SlotRole.Bucket)
            key.Append("\0\0").Append((descriptor.Bound ?? double.PositiveInfinity).ToString("R", CultureInfo.InvariantCulture));
        return key.ToString();
    }
}

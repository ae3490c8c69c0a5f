using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using MicroView.Export;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>
/// <c>nic --debug</c>: the values last read, at most one line a second per pod and 20 in all, taken in turn. Runs beside the LMAPs, on
/// what they publish.
/// </summary>
internal sealed class DebugValues(Func<IReadOnlyList<MonitoredPod>> pods, ILogger logger)
{
    private const int LinesPerSecond = 20;
    private const int MaxLine = 2000; // characters: a screen's worth
    private readonly Dictionary<MonitoredPod, long> _shown = [];
    private int _turn;

    /// <summary>Prints the next lines; called once a second.</summary>
    public void Print()
    {
        var all = pods();
        var lines = 0;
        for (var i = 0; i < all.Count && lines < LinesPerSecond; i++)
        {
            var pod = all[_turn++ % all.Count];
            if (!Show(pod))
                continue;
            lines++;
        }
        foreach (var gone in _shown.Keys.Except(all).ToArray())
            _shown.Remove(gone);
        if (lines == LinesPerSecond && all.Count > LinesPerSecond)
            logger.LogInformation("…and {More} more pods, in turn", all.Count - LinesPerSecond);
    }

    private bool Show(MonitoredPod pod)
    {
        var (schema, row) = (pod.Schema, pod.Row);
        var version = row.Version;
        if (!pod.IsReadable || (_shown.TryGetValue(pod, out var shown) && shown == version))
            return false;
        var values = new double[row.Slots];
        if (!row.TryCopy(values, out _))
            return false;
        _shown[pod] = version;
        var text = new StringBuilder();
        for (var slot = 0; slot < schema.Slots && slot < values.Length && text.Length < MaxLine; slot++)
            Append(text, schema, slot, values[slot]);
        logger.LogInformation("pod {Pod}:{Values}", pod.Pod, text);
        return true;
    }

    private static void Append(StringBuilder text, PodSchema schema, int slot, double value)
    {
        var descriptor = schema.Descriptors[slot];
        if (descriptor.Role == SlotRole.Hidden || double.IsNaN(value))
            return;
        text.Append(' ').Append(PodSchema.DisplayName(descriptor));
        if (descriptor.Role == SlotRole.Bucket)
            text.Append("[≤").Append(descriptor.Bound?.ToString(CultureInfo.InvariantCulture) ?? "+Inf").Append(']');
        else if (descriptor.Role == SlotRole.Sum)
            text.Append("[sum]");
        Span<byte> digits = stackalloc byte[ValueText.MaxLength];
        text.Append('=').Append(Encoding.ASCII.GetString(digits[..ValueText.Format(value, digits)]));
    }
}

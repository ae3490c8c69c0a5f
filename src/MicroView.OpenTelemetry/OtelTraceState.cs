using System.Text;

namespace MicroView.OpenTelemetry;

/// <summary>
/// OpenTelemetry's entry of a W3C tracestate, "ot=th:…;rv:…", among those of other vendors, which are kept as they are. Pure functions.
/// </summary>
internal static class OtelTraceState
{
    private const string Entry = "ot=", Threshold = "th:", Randomness = "rv:";
    private const int MaxEntries = 32, MaxValue = 256; // both W3C Trace Context
    private const StringSplitOptions Clean = StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries;

    /// <summary>The entry's threshold, where there is a valid one.</summary>
    public static bool TryGetThreshold(string? traceState, out RejectionThreshold threshold)
    {
        threshold = default;
        return SubValue(traceState, Threshold) is { } text && RejectionThreshold.TryParse(text, out threshold);
    }

    /// <summary>The randomness that whoever began the trace has chosen, where there is a valid one.</summary>
    public static bool TryGetRandomness(string? traceState, out ulong randomness)
    {
        randomness = 0;
        return SubValue(traceState, Randomness) is { } text && RejectionThreshold.TryParseRandomness(text, out randomness);
    }

    /// <summary>
    /// The tracestate with another threshold: our entry comes first, as the last one that was changed; its other sub-keys and the other entries stay. Where it would
    /// become too long, there is no threshold.
    /// </summary>
    /// <param name="traceState">As received; null: none.</param>
    /// <param name="threshold">What stands behind "th:"; null: none.</param>
    /// <returns>Empty when nothing is left.</returns>
    public static string WithThreshold(string? traceState, string? threshold)
    {
        var entries = (traceState ?? "").Split(',', Clean);
        var own = Array.Find(entries, IsOwn) is { } found ? found[Entry.Length..] : "";
        var others = own.Split(';', Clean).Where(sub => !sub.StartsWith(Threshold, StringComparison.Ordinal));
        var value = string.Join(';', threshold is null ? others : others.Prepend(Threshold + threshold));
        if (value.Length > MaxValue && threshold is not null)
            return WithThreshold(traceState, null);
        var text = new StringBuilder();
        if (value.Length > 0)
            text.Append(Entry).Append(value);
        foreach (var entry in entries.Where(entry => !IsOwn(entry)).Take(value.Length > 0 ? MaxEntries - 1 : MaxEntries))
            text.Append(text.Length > 0 ? "," : "").Append(entry);
        return text.ToString();
    }

    private static string? SubValue(string? traceState, string key)
    {
        if (traceState is null || !traceState.Contains(Entry, StringComparison.Ordinal)) // the quick look before the thorough one
            return null;
        if (Array.Find(traceState.Split(',', Clean), IsOwn) is not { } own)
            return null;
        return Array.Find(own[Entry.Length..].Split(';', Clean), sub => sub.StartsWith(key, StringComparison.Ordinal)) is { } found ? found[key.Length..] : null;
    }

    private static bool IsOwn(string entry) => entry.StartsWith(Entry, StringComparison.Ordinal);
}

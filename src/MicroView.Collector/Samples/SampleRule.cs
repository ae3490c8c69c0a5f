using System.Globalization;
using System.IO.Enumeration;

namespace MicroView.Collector;

/// <summary>When the samples of a pod are sent at full resolution.</summary>
public enum FullResolution
{
    /// <summary>While it is anomalous, and what the flight recorder holds of the time before.</summary>
    Alarm,

    /// <summary>Always.</summary>
    Always,

    /// <summary>Never: at the baseline alone.</summary>
    Never,
}

/// <summary>How the samples of one pod are chosen.</summary>
/// <param name="Baseline">From one sample of a series to the next in quiet times.</param>
/// <param name="Recorder">How long before an alarm its flight recorder begins.</param>
/// <param name="Full">When everything is sent.</param>
public readonly record struct SamplePolicy(TimeSpan Baseline, TimeSpan Recorder, FullResolution Full);

/// <summary>
/// A rule such as <c>cart-*:baseline=10s,recorder=60s,full=always</c>: which pods, by a pattern of <c>*</c> and <c>?</c> over their whole id, and what is different for them. Immutable.
/// </summary>
/// <param name="Pods">The pattern.</param>
/// <param name="Baseline">Null: as for all.</param>
/// <param name="Recorder">Null: as for all.</param>
/// <param name="Full">Null: as for all.</param>
public sealed record SampleRule(string Pods, TimeSpan? Baseline, TimeSpan? Recorder, FullResolution? Full)
{
    /// <summary>Samples that are older than about an hour are no longer taken by Prometheus; what waits in the queue needs some of that.</summary>
    internal static readonly TimeSpan LongestRecorder = TimeSpan.FromMinutes(15);

    internal static readonly TimeSpan ShortestBaseline = TimeSpan.FromMilliseconds(1), LongestBaseline = TimeSpan.FromDays(1);

    /// <summary>Reads a rule.</summary>
    /// <exception cref="FormatException">It is none; one line says why.</exception>
    public static SampleRule Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        // Ids of pods may hold colons, settings never do.
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || colon == text.Length - 1)
            throw new FormatException($"'{text}' is not GLOB:SETTING,…, such as 'cart-*:baseline=10s,recorder=60s,full=always'");
        var rule = new SampleRule(text[..colon], null, null, null);
        var named = new HashSet<string>(StringComparer.Ordinal);
        foreach (var setting in text[(colon + 1)..].Split(',', StringSplitOptions.TrimEntries))
        {
            var (name, value) = setting.IndexOf('=', StringComparison.Ordinal) is >= 0 and var at ? (setting[..at].Trim(), setting[(at + 1)..].Trim()) : (setting, "");
            if (!named.Add(name))
                throw new FormatException($"'{text}' says {name} twice");
            rule = name switch
            {
                "baseline" => rule with { Baseline = Time(text, name, value, ShortestBaseline, LongestBaseline) },
                "recorder" => rule with { Recorder = Time(text, name, value, TimeSpan.Zero, LongestRecorder) },
                "full" => rule with { Full = FullOf(text, value) },
                _ => throw new FormatException($"'{text}': there is no setting '{name}'; there are baseline, recorder and full"),
            };
        }
        return rule;
    }

    /// <summary>Whether it is for this pod.</summary>
    public bool Covers(string pod) => FileSystemName.MatchesSimpleExpression(Pods, pod, ignoreCase: false);

    /// <summary>What it makes of what is so for all.</summary>
    public SamplePolicy Apply(SamplePolicy standard) => new(Baseline ?? standard.Baseline, Recorder ?? standard.Recorder, Full ?? standard.Full);

    private static FullResolution FullOf(string text, string value) => value switch
    {
        "alarm" => FullResolution.Alarm,
        "always" => FullResolution.Always,
        "never" => FullResolution.Never,
        _ => throw new FormatException($"'{text}': full is always, alarm or never, not '{value}'"),
    };

    private static TimeSpan Time(string text, string name, string value, TimeSpan least, TimeSpan most)
    {
        var end = value.Length;
        while (end > 0 && char.IsAsciiLetter(value[end - 1]))
            end--;
        double? unit = value[end..] switch { "" or "s" => 1, "ms" => 1e-3, "m" or "min" => 60, "h" => 3600, _ => null };
        if (unit is not { } factor || !double.TryParse(value.AsSpan(0, end), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
            || number * factor > most.TotalSeconds || number * factor < least.TotalSeconds)
            throw new FormatException($"'{text}': {name} is a time from {Spoken(least)} to {Spoken(most)}, such as 10s, not '{value}'");
        return TimeSpan.FromSeconds(number * factor);
    }

    private static string Spoken(TimeSpan time) =>
        time.TotalSeconds is > 0 and < 1 ? $"{time.TotalMilliseconds:0.###}ms" : time.TotalSeconds < 3600 ? $"{time.TotalSeconds:0}s" : $"{time.TotalHours:0}h";
}

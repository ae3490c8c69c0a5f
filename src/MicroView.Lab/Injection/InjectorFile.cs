using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace MicroView.Lab;

/// <summary>
/// What is injected, as the artifact's injector.yaml says: anomalies with start_delay, period_max_seconds, num_injection_rounds and stressors (per kind duration, random_min_duration, ncpu, load,
/// size, threads), a blacklist of targets, and for Kubernetes a namespace. Keys of the artifact's own set-up (app, app_dir, build_name) are passed over. Immutable.
/// </summary>
internal sealed partial record InjectorFile
{
    private const int LongestSeconds = 24 * 3600;

    private static readonly string[] Passed = ["app", "app_dir", "build_name"];

    /// <summary>Kubernetes' namespace; null where processes of this machine are the targets.</summary>
    public string? Namespace { get; private init; }

    /// <summary>Targets whose name has one of these in it are spared.</summary>
    public IReadOnlyList<string> Blacklist { get; private init; } = [];

    public double StartDelaySeconds { get; private init; }

    /// <summary>From one round to the next at most.</summary>
    public int PeriodSeconds { get; private init; }

    public int Rounds { get; private init; }

    public IReadOnlyList<StressSettings> Stressors { get; private init; } = [];

    /// <exception cref="DataException">It is no YAML, or something in it cannot be used.</exception>
    public static InjectorFile Read(string path)
    {
        var stream = new YamlStream();
        try
        {
            using var text = new StreamReader(path);
            stream.Load(text);
        }
        catch (YamlException error)
        {
            throw new DataException(path, error.Start.Line, $"is not YAML: {error.Message.ReplaceLineEndings(" ").TrimEnd('.')}");
        }
        return stream.Documents is [{ RootNode: YamlMappingNode root }, ..] ? new Reader(path).Read(root) : throw new DataException(path, 1, "holds no keys and values");
    }

    [GeneratedRegex(@"^\d+[bkmgBKMG]?$")]
    private static partial Regex SizeText();

    /// <summary>Reads and complains: every complaint names file and line.</summary>
    private sealed class Reader(string path)
    {
        public InjectorFile Read(YamlMappingNode root)
        {
            Known(root, [.. Passed, "namespace", "blacklist", "anomalies"]);
            var anomalies = Find(root, "anomalies") as YamlMappingNode ?? throw new DataException(path, 1, "has no anomalies: start_delay, period_max_seconds, num_injection_rounds, stressors");
            Known(anomalies, ["start_delay", "period_max_seconds", "num_injection_rounds", "stressors"]);
            var stressors = Find(anomalies, "stressors") as YamlMappingNode ?? throw At(anomalies, $"anomalies have no stressors; there are {string.Join(", ", StressKind.All.Select(kind => kind.Name))}");
            return new InjectorFile
            {
                Namespace = Text(root, "namespace"),
                Blacklist = Find(root, "blacklist") switch
                {
                    null => [],
                    YamlSequenceNode list => [.. list.Children.OfType<YamlScalarNode>().Select(item => item.Value ?? "").Where(text => text.Length > 0)],
                    var other => throw At(other, "blacklist is no list of names"),
                },
                StartDelaySeconds = Text(anomalies, "start_delay") is not { } delay ? 0
                    : GoDuration.TryParse(delay, out var seconds) ? seconds : throw At(Find(anomalies, "start_delay")!, $"start_delay is '{delay}', not a time such as 30s or 2m"),
                PeriodSeconds = Whole(anomalies, "period_max_seconds", 60, 1, LongestSeconds),
                Rounds = Whole(anomalies, "num_injection_rounds", 1, 1, 1_000_000),
                Stressors = [.. stressors.Children.Select(entry => Stressor((YamlScalarNode)entry.Key, entry.Value))],
            };
        }

        private StressSettings Stressor(YamlScalarNode name, YamlNode node)
        {
            var kind = StressKind.Find(name.Value ?? "") ?? throw At(name, $"there is no stressor '{name.Value}'; there are {string.Join(", ", StressKind.All.Select(kind => kind.Name))}");
            if (node is not YamlMappingNode settings)
                throw At(node, $"{name.Value} has no settings: duration, and what else it needs");
            Known(settings, ["duration", "random_min_duration", "ncpu", "load", "size", "threads"]);
            var longest = Whole(settings, "duration", 10, 1, LongestSeconds);
            var least = Whole(settings, "random_min_duration", 0, 0, longest);
            var size = Text(settings, "size");
            if (size is not null && !SizeText().IsMatch(size.TrimEnd('i', 'B')))
                throw At(Find(settings, "size")!, $"size is '{size}', not one such as 256M or 1G");
            return new StressSettings(kind, longest, least > 0 ? least : longest, Whole(settings, kind.Name == "cpu" ? "ncpu" : "threads", 1, 1, 4096), Whole(settings, "load", 100, 1, 100), size?.TrimEnd('i', 'B'));
        }

        private int Whole(YamlMappingNode node, string key, int standard, int least, int most)
        {
            var text = Text(node, key);
            // A flag that is off, as the artifact has it for random_min_duration.
            if (text is null or "false" or "False" or "null" or "~" || (text.Length == 0))
                return standard;
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number
                : throw At(Find(node, key)!, $"{key} is '{text}', not a whole number from {least} to {most}");
        }

        private void Known(YamlMappingNode node, string[] keys)
        {
            foreach (var key in node.Children.Keys.OfType<YamlScalarNode>())
                if (!keys.Contains(key.Value, StringComparer.Ordinal))
                    throw At(key, $"there is no key '{key.Value}' here; there are {string.Join(", ", keys.Except(Passed))}");
        }

        private static string? Text(YamlMappingNode node, string key) => (Find(node, key) as YamlScalarNode)?.Value;

        private static YamlNode? Find(YamlMappingNode node, string key) => node.Children.FirstOrDefault(entry => entry.Key is YamlScalarNode { Value: { } name } && name == key).Value;

        private DataException At(YamlNode node, string what) => new(path, node.Start.Line, what);
    }
}

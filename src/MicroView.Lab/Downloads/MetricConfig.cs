using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace MicroView.Lab;

/// <summary>
/// Which metrics are downloaded: the artifact's metric_config.yaml (families of metrics on or off, namespace, blacklists, scrape interval), and beside it lists
/// of regular expressions, include and exclude, that a metric's whole name must match. Keys that say nothing here are passed over. Immutable.
/// </summary>
internal sealed class MetricConfig
{
    // The artifact's families, by the prefix of their metrics.
    private static readonly (string Key, string Prefix)[] Families = [("istio", "istio_"), ("envoy", "envoy_"), ("cAdvisor", "container_"), ("kube", "kube_"), ("redis", "redis_")];

    private readonly HashSet<string> _excluded = new(StringComparer.Ordinal);
    private readonly List<string> _off = [];
    private Regex[] _include = [], _exclude = [];

    /// <summary>Everything.</summary>
    public static MetricConfig All { get; } = new();

    /// <summary>The namespace that series must have; null for any.</summary>
    public string? Namespace { get; private set; }

    /// <summary>Seconds between scrapes; null to find out.</summary>
    public int? ScrapeSeconds { get; private set; }

    /// <summary>Services that are left out.</summary>
    public IReadOnlySet<string> ExcludedServices { get; private set; } = new HashSet<string>();

    public static MetricConfig Read(string file)
    {
        var stream = new YamlStream();
        try
        {
            using var text = new StreamReader(file);
            stream.Load(text);
        }
        catch (YamlException error)
        {
            throw new DataException(file, error.Start.Line, $"is not YAML: {error.Message.ReplaceLineEndings(" ").TrimEnd('.')}");
        }
        if (stream.Documents.Count == 0)
            return All;
        return stream.Documents[0].RootNode is YamlMappingNode root ? Read(file, root) : throw new DataException(file, 1, "holds no keys and values");
    }

    /// <summary>Whether a metric is wanted.</summary>
    public bool IsWanted(string name) => !_excluded.Contains(name)
        && !_off.Exists(prefix => name.StartsWith(prefix, StringComparison.Ordinal))
        && (_include.Length == 0 || Array.Exists(_include, pattern => pattern.IsMatch(name)))
        && !Array.Exists(_exclude, pattern => pattern.IsMatch(name));

    private static MetricConfig Read(string file, YamlMappingNode root)
    {
        var config = new MetricConfig { Namespace = Text(root, "namespace") };
        var metrics = Map(root, "metrics") ?? root;
        foreach (var (key, prefix) in Families)
            if (Find(metrics, key) is { } family && !IsOn(file, key, family is YamlMappingNode map ? Find(map, "enable") : family))
                config._off.Add(prefix);
        config._include = Patterns(file, metrics, root, "include");
        config._exclude = Patterns(file, metrics, root, "exclude");
        if (Text(metrics, "scrapingIntervalSeconds") is { } interval)
            config.ScrapeSeconds = int.TryParse(interval, out var seconds) && seconds > 0 ? seconds : throw At(file, Find(metrics, "scrapingIntervalSeconds")!, $"scrapingIntervalSeconds is '{interval}', not a number of seconds");
        if (Map(root, "blacklist") is not { } blacklist)
            return config;
        config.ExcludedServices = Texts(blacklist, "services").Select(item => item.Text).ToHashSet(StringComparer.Ordinal);
        foreach (var (key, _) in Families)
            config._excluded.UnionWith(Texts(blacklist, key).Select(item => item.Text));
        return config;
    }

    private static bool IsOn(string file, string key, YamlNode? value) => (value as YamlScalarNode)?.Value?.ToLowerInvariant() switch
    {
        "true" or "yes" or "on" or "1" or null => true,
        "false" or "no" or "off" or "0" or "" or "~" or "null" => false,
        var text => throw At(file, value!, $"{key} is '{text}', not true or false"),
    };

    private static Regex[] Patterns(string file, YamlMappingNode metrics, YamlMappingNode root, string key) =>
        [.. Texts(metrics, key).Concat(ReferenceEquals(metrics, root) ? [] : Texts(root, key)).Select(item =>
        {
            try
            {
                return new Regex($"^(?:{item.Text})$", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
            }
            catch (ArgumentException error)
            {
                throw At(file, item.Node, $"{key}: '{item.Text}' is no regular expression: {error.Message.ReplaceLineEndings(" ").TrimEnd('.')}");
            }
        })];

    private static YamlNode? Find(YamlMappingNode map, string key) => map.Children.FirstOrDefault(child => (child.Key as YamlScalarNode)?.Value == key).Value;

    private static YamlMappingNode? Map(YamlMappingNode map, string key) => Find(map, key) as YamlMappingNode;

    private static string? Text(YamlMappingNode map, string key) => (Find(map, key) as YamlScalarNode)?.Value is { Length: > 0 } text ? text : null;

    private static IEnumerable<(string Text, YamlNode Node)> Texts(YamlMappingNode map, string key) => Find(map, key) switch
    {
        YamlSequenceNode list => list.Children.OfType<YamlScalarNode>().Where(item => !string.IsNullOrEmpty(item.Value)).Select(item => (item.Value!, (YamlNode)item)),
        YamlScalarNode { Value.Length: > 0 } one => [(one.Value, one)],
        _ => [],
    };

    private static DataException At(string file, YamlNode node, string what) => new(file, node.Start.Line, what);
}

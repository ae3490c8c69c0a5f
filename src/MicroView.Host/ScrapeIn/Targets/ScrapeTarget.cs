using System.Text;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>An endpoint to scrape, and the pod that it becomes. Equal when address and labels are. Immutable.</summary>
internal sealed class ScrapeTarget : IEquatable<ScrapeTarget>
{
    private const string Reserved = "__", Query = "__param_";
    private readonly string _key;

    private ScrapeTarget(Uri url, NodePodIdentity identity)
    {
        (Url, Identity) = (url, identity);
        var key = new StringBuilder(url.AbsoluteUri).Append('\n').Append(identity.Pod).Append('\n').Append(identity.Service);
        foreach (var (name, value) in identity.Labels!)
            key.Append('\n').Append(name).Append('=').Append(value);
        _key = key.ToString();
    }

    internal Uri Url { get; }

    internal NodePodIdentity Identity { get; }

    /// <summary>The pod id that it asks for: host:port/path, or what the label <c>__pod__</c> says.</summary>
    internal string Name => Identity.Pod;

    /// <summary>This machine's own loopback: compressing for it costs more than it saves.</summary>
    internal bool IsLoopback => Url.IsLoopback;

    public bool Equals(ScrapeTarget? other) => other is not null && _key == other._key;

    public override bool Equals(object? obj) => Equals(obj as ScrapeTarget);

    public override int GetHashCode() => _key.GetHashCode(StringComparison.Ordinal);

    /// <summary>The target of a command line: URL, or SERVICE=URL; null, with the reason, when it is none.</summary>
    internal static ScrapeTarget? FromText(string text, out string problem)
    {
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        var assignment = scheme < 0 ? -1 : text[..scheme].IndexOf('=', StringComparison.Ordinal);
        var service = assignment > 0 ? text[..assignment] : null;
        return FromUrl(text[(assignment + 1)..], service, [], null, out problem);
    }

    /// <summary>The target of a file: an address and its group's labels.</summary>
    /// <param name="address">host:port, as Prometheus has it, or a whole URL.</param>
    /// <param name="labels">Labels; those that begin with two underscores say how to scrape.</param>
    /// <param name="serviceLabels">Labels that name the service, the first that is there.</param>
    /// <param name="problem">Why it is none.</param>
    internal static ScrapeTarget? FromGroup(string address, IReadOnlyDictionary<string, string> labels, IReadOnlyList<string> serviceLabels, out string problem)
    {
        var url = address;
        if (!address.Contains("://", StringComparison.Ordinal))
        {
            var path = labels.GetValueOrDefault("__metrics_path__", "/metrics");
            url = $"{labels.GetValueOrDefault("__scheme__", "http")}://{address}{(path.StartsWith('/') ? "" : "/")}{path}";
        }
        var query = string.Join('&', labels.Where(label => label.Key.StartsWith(Query, StringComparison.Ordinal)).OrderBy(label => label.Key, StringComparer.Ordinal)
            .Select(label => $"{Uri.EscapeDataString(label.Key[Query.Length..])}={Uri.EscapeDataString(label.Value)}"));
        if (query.Length > 0)
            url += (url.Contains('?', StringComparison.Ordinal) ? "&" : "?") + query;
        var named = serviceLabels.FirstOrDefault(name => labels.TryGetValue(name, out var value) && value.Length > 0);
        var kept = labels.Where(label => !label.Key.StartsWith(Reserved, StringComparison.Ordinal) && label.Value.Length > 0 && !(label.Key == "service" && named == "service"));
        return FromUrl(url, named is null ? null : labels[named], kept, labels.GetValueOrDefault("__pod__"), out problem);
    }

    private static ScrapeTarget? FromUrl(string text, string? service, IEnumerable<KeyValuePair<string, string>> labels, string? pod, out string problem)
    {
        problem = $"'{text}' is not an address such as http://127.0.0.1:9100/metrics";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.Host.Length == 0)
            return null;
        problem = $"'{url.Host}' has a user in its address; give a password with --scrape-in-basic-auth-file";
        if (url.UserInfo.Length > 0)
            return null;
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["source"] = "scrape", ["instance"] = $"{url.Host}:{url.Port}" };
        foreach (var (name, value) in labels)
            all[name] = value;
        // '#' marks a second instance of a pod.
        var id = (pod is { Length: > 0 } ? pod : $"{url.Host}:{url.Port}{url.PathAndQuery}").Replace('#', '_');
        problem = NameRules.CheckPod(id) ?? NameRules.CheckOptional("service", service) ?? NameRules.CheckLabels(all) ?? "";
        return problem.Length > 0 ? null : new(url, new(id, service, null, all));
    }
}

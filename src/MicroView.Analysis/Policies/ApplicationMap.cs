namespace MicroView.Analysis;

/// <summary>
/// Which applications a pod belongs to: every configured one that names it; else the one that its label "application" names; else its service, which is
/// an application by itself. Immutable and thread-safe.
/// </summary>
/// <param name="rules">The configured ones.</param>
public sealed class ApplicationMap(IReadOnlyList<ApplicationRule> rules)
{
    /// <summary>The label that names a pod's application.</summary>
    public const string Label = "application";

    /// <summary>The applications of a pod, at least one, in the order of the rules.</summary>
    public string[] Of(in PodNames pod)
    {
        List<string>? named = null;
        foreach (var rule in rules)
            if (rule.Pods.Matches(pod) && named?.Contains(rule.Name) != true)
                (named ??= []).Add(rule.Name);
        if (named is not null)
            return [.. named];
        if (pod.Labels is { } labels && labels.TryGetValue(Label, out var application) && application.Length > 0 && !application.Any(char.IsControl))
            return [application]; // a pod chooses it, and logs show it
        return [pod.Service is { Length: > 0 } service ? service : pod.Pod];
    }
}

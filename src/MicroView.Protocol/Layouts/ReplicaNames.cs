using System.Text.RegularExpressions;

namespace MicroView.Protocol;

/// <summary>The service of a pod, where only its name tells.</summary>
public static partial class ReplicaNames
{
    /// <summary>A pod's name without what a controller appended to tell replicas apart; the name itself when nothing would be left.</summary>
    public static string ServiceOf(string pod)
    {
        ArgumentNullException.ThrowIfNull(pod);
        return ControllerSuffix().Replace(pod, "") is { Length: > 0 } service ? service : pod;
    }

    /// <summary>The service that a pod of a layout is a replica of: what it says, else its name without "#2" and a controller's suffix.</summary>
    public static string ServiceOf(PodLayout layout)
    {
        ArgumentNullException.ThrowIfNull(layout);
        if (layout.Service is { Length: > 0 } service)
            return service;
        var instance = layout.Pod.IndexOf('#', StringComparison.Ordinal);
        return ServiceOf(instance > 0 ? layout.Pod[..instance] : layout.Pod);
    }

    // Kubernetes draws suffixes from these letters, lest they spell words: a template's hash and five more, five alone, or an ordinal.
    [GeneratedRegex("(-[bcdf0-9ghjklmnpqrstvwxz]{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}|-[bcdfghjklmnpqrstvwxz2456789]{5}|-[0-9]+)$", RegexOptions.CultureInvariant)]
    private static partial Regex ControllerSuffix();
}

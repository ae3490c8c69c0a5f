using System.IO.Enumeration;

namespace MicroView.Analysis;

/// <summary>The names that a pod goes by. Immutable and thread-safe.</summary>
/// <param name="Pod">Its id.</param>
/// <param name="Service">The service that it is a replica of.</param>
/// <param name="Labels">Labels of the whole pod; null: none.</param>
public readonly record struct PodNames(string Pod, string? Service, IReadOnlyDictionary<string, string>? Labels = null);

/// <summary>
/// A set of pods by patterns: each matches a pod's id or service, or, written LABEL=PATTERN, a label of the pod. In a pattern * stands for any
/// characters and ? for one. Immutable and thread-safe.
/// </summary>
public sealed class PodPattern
{
    private readonly (string? Label, string Glob)[] _terms;

    private PodPattern((string?, string)[] terms) => _terms = terms;

    /// <summary>Reads PATTERN[,PATTERN…].</summary>
    /// <exception cref="FormatException">A pattern is empty; one line says so.</exception>
    public static PodPattern Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var terms = new List<(string?, string)>();
        foreach (var term in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var equals = term.IndexOf('=', StringComparison.Ordinal);
            var (label, glob) = equals < 0 ? (null, term) : (term[..equals], term[(equals + 1)..]);
            if (glob.Length == 0 || label is "")
                throw new FormatException($"'{text}' has an empty pattern; write a pod or service such as cart* or label=value, more behind a comma");
            terms.Add((label, glob));
        }
        return new([.. terms]);
    }

    /// <summary>Whether a pod is one of the set.</summary>
    public bool Matches(in PodNames pod)
    {
        foreach (var (label, glob) in _terms)
        {
            if (label is null ? IsMatch(glob, pod.Pod) || IsMatch(glob, pod.Service) : pod.Labels is { } labels && labels.TryGetValue(label, out var value) && IsMatch(glob, value))
                return true;
        }
        return false;
    }

    private static bool IsMatch(string glob, string? text) => text is not null && FileSystemName.MatchesSimpleExpression(glob, text, ignoreCase: false);
}

/// <summary>An application: a name for a set of pods. Immutable and thread-safe.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Pods">Which pods it is made of.</param>
public sealed record ApplicationRule(string Name, PodPattern Pods)
{
    /// <summary>Reads NAME=PATTERN[,PATTERN…].</summary>
    /// <exception cref="FormatException">It is not of that form; one line says how.</exception>
    public static ApplicationRule Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0 || text[..equals].Trim().Length == 0)
            throw new FormatException($"'{text}' is not NAME=PATTERN[,PATTERN...], such as shop=cart*,checkout*");
        return new(text[..equals].Trim(), PodPattern.Parse(text[(equals + 1)..]));
    }
}

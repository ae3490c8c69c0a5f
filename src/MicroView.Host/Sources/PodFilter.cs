using System.Text.RegularExpressions;

namespace MicroView.Host;

/// <summary>The include and exclude patterns of the options, on a pod's id and its service.</summary>
internal sealed class PodFilter(NodeSourceOptions options)
{
    private readonly Regex? _include = options.Include is { } include ? NodeSourceOptions.Compile(include) : null;
    private readonly Regex? _exclude = options.Exclude is { } exclude ? NodeSourceOptions.Compile(exclude) : null;

    /// <summary>A pattern that takes too long on a name does not match it.</summary>
    internal bool Accepts(string pod, string? service) =>
        (_include is null || Matches(_include, pod, service)) && (_exclude is null || !Matches(_exclude, pod, service));

    private static bool Matches(Regex pattern, string pod, string? service)
    {
        try
        {
            return pattern.IsMatch(pod) || service is not null && pattern.IsMatch(service);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }
}

using System.Text;
using System.Text.RegularExpressions;

namespace MicroView.Host;

/// <summary>What a process tells of itself. Fields that it may not tell are empty.</summary>
internal readonly record struct ProcessFacts(int Id, string Name, string Executable, string[] Arguments, string Cgroup);

/// <summary>
/// The rule that puts processes together into pods:
/// <list type="bullet">
/// <item><c>program</c> (default): the executable; for interpreters with the script, module or archive: "python3:api.py" of service "api.py".</item>
/// <item><c>exe</c>: the executable's name alone.</item>
/// <item><c>cmdline</c>: the whole command line.</item>
/// <item><c>pid</c>: each process by itself: "nginx:812" of service "nginx".</item>
/// <item><c>cgroup</c>: the cgroup's path.</item>
/// <item><c>regex:PATTERN</c>: a regular expression on the command line; its group "pod" names the pod, "service" the service. What does not
/// match falls under <c>program</c>.</item>
/// </list>
/// </summary>
public sealed class ProcessGrouping
{
    /// <summary>The default rule.</summary>
    public const string Default = "program";

    private const string RegexPrefix = "regex:";
    private const int MaxName = 120;
    private readonly string _rule;
    private readonly Regex? _pattern;

    internal ProcessGrouping(string rule)
    {
        _rule = rule;
        if (rule.StartsWith(RegexPrefix, StringComparison.Ordinal))
            _pattern = NodeSourceOptions.Compile(rule[RegexPrefix.Length..]);
    }

    /// <summary>Null, or what is wrong with a rule.</summary>
    public static string? Check(string rule)
    {
        ArgumentNullException.ThrowIfNull(rule);
        if (rule is Default or "exe" or "cmdline" or "pid" or "cgroup")
            return null;
        if (!rule.StartsWith(RegexPrefix, StringComparison.Ordinal))
            return $"the grouping rule '{rule}' is unknown; use program, exe, cmdline, pid, cgroup, or regex:PATTERN with a group named 'pod'";
        var pattern = rule[RegexPrefix.Length..];
        return NodeSourceOptions.CheckPattern("grouping", pattern)
            ?? (pattern.Contains("(?<pod>", StringComparison.Ordinal) ? null : $"the grouping pattern '{pattern}' has no group (?<pod>…)");
    }

    /// <summary>The pod that a process belongs to, and its service.</summary>
    internal (string Pod, string Service) Name(in ProcessFacts process)
    {
        var (pod, service) = Choose(process);
        return (Clean(pod), Clean(service));
    }

    /// <summary>Makes any text a pod id: no control characters, no '#', not too long, never empty.</summary>
    internal static string Clean(string text)
    {
        var clean = new StringBuilder(Math.Min(text.Length, MaxName));
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length >= MaxName)
                break;
            if (Rune.IsControl(rune) || rune == Rune.ReplacementChar)
                clean.Append('?');
            else if (rune.Value == '#')
                clean.Append('_');
            else
                clean.Append(rune);
        }
        var answer = clean.ToString().Trim();
        while (Encoding.UTF8.GetByteCount(answer) > 2 * MaxName)
            answer = answer[..^1];
        return answer.Length == 0 ? "unnamed" : answer;
    }

    private (string, string) Choose(in ProcessFacts process)
    {
        var (pod, service) = ProgramName.Of(process);
        switch (_rule)
        {
            case "exe":
                return (ProgramName.Executable(process), ProgramName.Executable(process));
            case "cmdline":
                return (process.Arguments.Length > 0 ? string.Join(' ', process.Arguments) : pod, service);
            case "pid":
                return ($"{pod}:{process.Id}", service);
            case "cgroup":
                return (process.Cgroup.Length > 0 ? process.Cgroup : pod, service);
        }
        return _pattern is null ? (pod, service) : Match(process, pod, service);
    }

    private (string, string) Match(in ProcessFacts process, string pod, string service)
    {
        try
        {
            var match = _pattern!.Match(string.Join(' ', process.Arguments));
            if (!match.Success || !match.Groups["pod"].Success)
                return (pod, service);
            pod = match.Groups["pod"].Value;
            return (pod, match.Groups["service"] is { Success: true } named ? named.Value : pod);
        }
        catch (RegexMatchTimeoutException)
        {
            return (pod, service);
        }
    }
}

using System.Reflection;
using MicroView.Protocol;

namespace MicroView.Client;

/// <summary>The names that a process goes by, from what it was told, else from its environment.</summary>
internal static class PodIdentity
{
    internal static string Pod(string? wanted) =>
        Valid(wanted ?? Variable("MICROVIEW_POD")) ?? Valid($"{Variable("HOSTNAME") ?? Environment.MachineName}-{ProcessName()}-{Environment.ProcessId}")
        ?? $"pod-{Environment.ProcessId}";

    internal static string? Service(string? wanted) =>
        Valid(wanted ?? Variable("MICROVIEW_SERVICE") ?? Variable("OTEL_SERVICE_NAME")) ?? Valid(ProcessName());

    internal static string? Container(string? wanted) => Valid(wanted ?? Variable("MICROVIEW_CONTAINER"));

    internal static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static string ProcessName() =>
        Assembly.GetEntryAssembly()?.GetName().Name ?? Path.GetFileNameWithoutExtension(Environment.ProcessPath) ?? "process";

    /// <summary>Made to obey the control plane's rules; null when nothing is left.</summary>
    private static string? Valid(string? text)
    {
        if (text is null)
            return null;
        var kept = new string([.. text.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' or '/' or ':' ? c : '-').Take(NameRules.MaxPod)]);
        return kept.Length == 0 ? null : kept;
    }
}

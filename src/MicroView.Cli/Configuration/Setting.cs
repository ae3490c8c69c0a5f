namespace MicroView.Cli;

/// <summary>A key that something other than its default decides.</summary>
/// <param name="Key">Which.</param>
/// <param name="Values">One, or those of a list; none where the value is not to be shown.</param>
/// <param name="Origin">FILE:LINE, environment NAME, or flag.</param>
/// <param name="IsInjected">The command line does not hold it yet.</param>
internal sealed record Setting(ConfigurationKey Key, IReadOnlyList<string> Values, string Origin, bool IsInjected);

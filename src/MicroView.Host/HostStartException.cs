namespace MicroView.Host;

/// <summary>The agent cannot start: one line that says what, where and what to do.</summary>
public sealed class HostStartException(string message, Exception? inner = null) : Exception(message, inner);

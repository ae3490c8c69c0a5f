using System.CommandLine;
using Microsoft.Extensions.Logging;

namespace MicroView.Cli;

/// <summary>What a command is given while it runs.</summary>
/// <param name="Signals">Its stop.</param>
/// <param name="Logs">Where it logs: stderr, or the terminal view while that is shown.</param>
/// <param name="Debug">True with --debug.</param>
internal sealed record RunContext(StopSignals Signals, RunLogs Logs, bool Debug)
{
    public CancellationToken Stop => Signals.Token;

    public ILoggerFactory Loggers => Logs.Factory;
}

/// <summary>Runs a command's body with signals, logging and one-line errors.</summary>
internal static class Running
{
    public static async Task<int> RunAsync(ParseResult result, Option<bool> debugOption, Func<RunContext, Task<int>> body, CancellationToken cancellation)
    {
        var debug = result.GetValue(debugOption) || Environment.GetEnvironmentVariable("MICROVIEW_DEBUG") == "1";
        using var signals = new StopSignals(cancellation);
        using var logs = new RunLogs(debug);
        try
        {
            return await body(new(signals, logs, debug));
        }
        catch (OperationCanceledException) when (signals.Token.IsCancellationRequested)
        {
            return ExitCode.Success;
        }
    }

    /// <summary>Waits for the stop, or for the end of <paramref name="seconds"/>; never throws.</summary>
    public static async Task WaitAsync(double? seconds, CancellationToken stop)
    {
        var time = seconds is { } limit ? TimeSpan.FromSeconds(Math.Min(limit, int.MaxValue / 1000.0)) : Timeout.InfiniteTimeSpan;
        await Task.Delay(time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}

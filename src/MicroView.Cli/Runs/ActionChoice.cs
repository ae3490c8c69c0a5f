using System.CommandLine;
using MicroView.Collector;

namespace MicroView.Cli;

/// <summary>What the options about alarms mean.</summary>
internal static class ActionChoice
{
    /// <exception cref="UserException">An option does not go with another.</exception>
    public static ActionOptions Read(ActionOptionTable options, ParseResult result)
    {
        var read = ReadAll(options, result);
        try
        {
            read.Validate();
            return read;
        }
        catch (ArgumentException error)
        {
            throw new UserException(error.Message, ExitCode.Usage, error);
        }
    }

    private static ActionOptions ReadAll(ActionOptionTable options, ParseResult result) => new()
    {
        Applications = result.GetValue(options.Applications) ?? [],
        TraceRates = new()
        {
            BaseRate = result.GetValue(options.TraceBaseRate),
            AlarmRate = result.GetValue(options.TraceAlarmRate),
            HoldSeconds = result.GetValue(options.TraceHold),
        },
        WritesTraceRates = result.GetValue(options.TraceSampling) is { } choice
            ? choice == "on"
            : IsGiven(result, options.TraceBaseRate) || IsGiven(result, options.TraceAlarmRate) || IsGiven(result, options.TraceHold),
        Alerts = new()
        {
            Receivers = result.GetValue(options.Alertmanagers) ?? [],
            TokenFile = result.GetValue(options.AlertmanagerTokenFile),
            Interval = TimeSpan.FromSeconds(result.GetValue(options.AlertmanagerInterval)),
            ExternalUrl = result.GetValue(options.ExternalUrl)?.LastOrDefault(),
        },
    };

    private static bool IsGiven(ParseResult result, Option option) => result.GetResult(option) is { Implicit: false };
}

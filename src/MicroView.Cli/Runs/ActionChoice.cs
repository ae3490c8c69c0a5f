using System.CommandLine;
using MicroView.Collector;

namespace MicroView.Cli;

/// <summary>What the options about alarms mean.</summary>
internal static class ActionChoice
{
    /// <exception cref="UserException">An option does not go with another.</exception>
    /// <param name="options">The options.</param>
    /// <param name="result">What was given.</param>
    /// <param name="standardJaegerPort">Where rates are asked for when nothing is said of it, if that port is free; null: nowhere.</param>
    public static ActionOptions Read(ActionOptionTable options, ParseResult result, int? standardJaegerPort)
    {
        return ReadAll(options, result) with
        {
            Jaeger = Place(result.GetValue(options.JaegerPort) ?? standardJaegerPort, result.GetValue(options.JaegerListen), "--jaeger", result.GetValue(options.JaegerPort) is null),
            Keda = Place(result.GetValue(options.KedaPort), result.GetValue(options.KedaListen), "--keda", isOptional: false),
        };
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

    private static ActionPlace? Place(int? port, string? address, string option, bool isOptional)
    {
        if (port is not (null or ActionOptionTable.Off))
            return new(port.Value, AccessOptionTable.Address(address), isOptional);
        return address is null ? null : throw new UserException($"{option}-listen is for {option}-port, which is not given", ExitCode.Usage);
    }

    private static bool IsGiven(ParseResult result, Option option) => result.GetResult(option) is { Implicit: false };
}

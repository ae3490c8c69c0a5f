using System.CommandLine;
using MicroView.Host;

namespace MicroView.Cli;

/// <summary>What --scrape and its companions mean.</summary>
internal static class ScrapeInChoice
{
    /// <summary>The options of scrape-in; null without a --scrape.</summary>
    public static ScrapeInOptions? Read(ScrapeInOptionTable table, ParseResult result)
    {
        var targets = result.GetValue(table.Targets) ?? [];
        if (targets.Length == 0)
            return null;
        var standard = new ScrapeInOptions();
        var options = standard with
        {
            Targets = targets,
            Interval = TimeSpan.FromSeconds(Math.Min(result.GetValue(table.Interval), 1e6)),
            MaxSeries = result.GetValue(table.MaxSeries),
            ServiceLabels = result.GetValue(table.ServiceLabels)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? standard.ServiceLabels,
            TokenFile = result.GetValue(table.TokenFile),
            BasicAuthFile = result.GetValue(table.BasicAuthFile),
            CaFile = result.GetValue(table.CaFile),
        };
        return options.Check() is { } problem ? throw new UserException(problem, ExitCode.Usage) : options;
    }
}

using MicroView.Collector;

namespace MicroView.Cli;

/// <summary>Shows a running collector until the stop.</summary>
internal static class CollectorView
{
    public static async Task RunAsync(
        string title, CollectorService collector, MessageRing messages, bool plain, double? seconds, TimeSpan scrape, RunContext run, PlainOutput output,
        Func<double>? sourceCores = null)
    {
        var alarms = new AlarmHistory();
        var builder = new FrameBuilder(title, collector, alarms, messages, sourceCores);
        using var view = new View(builder.Build, scrape, run.Signals);
        collector.AlarmChanged += change =>
        {
            alarms.Take(change);
            view.Wake();
        };
        collector.BeginReplay();
        await view.RunAsync(plain, seconds, output);
    }
}

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
        // Nothing moves faster than it is scraped; twice a second is as fast as people read.
        var period = scrape >= TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : TimeSpan.FromSeconds(0.5);
        using var view = new View(builder.Build, period, run.Signals);
        collector.AlarmChanged += change =>
        {
            alarms.Take(change);
            view.Wake();
        };
        collector.BeginReplay();
        await view.RunAsync(plain, seconds, output);
    }
}

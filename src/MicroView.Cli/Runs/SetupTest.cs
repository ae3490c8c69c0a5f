using System.Globalization;
using MicroView.Collector;
using MicroView.Protocol;

namespace MicroView.Cli;

/// <summary>`nic --test setup`: reads one page of each pod once and prints it.</summary>
internal static class SetupTest
{
    private const int SlotsOfAPage = (PageFormat.PageSize - 64) / sizeof(double); // the first value page starts with the header
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync(CollectorService collector, PlainOutput output, CancellationToken stop)
    {
        await WaitForRowsAsync(collector, stop);
        foreach (var connection in collector.QueuePairs)
            output.Line(connection);
        var failed = 0;
        foreach (var pod in collector.Pods.OrderBy(pod => pod.Pod, StringComparer.Ordinal))
            failed += Print(pod, output) ? 0 : 1;
        output.Line($"setup: agent at {collector.Agent.Place}, {collector.Pods.Count} pods, {collector.Pods.Count - failed} read, {failed} failed");
        return failed == 0 ? ExitCode.Success : ExitCode.Failed;
    }

    private static async Task WaitForRowsAsync(CollectorService collector, CancellationToken stop)
    {
        var deadline = Clocks.MonotonicNs + (long)s_patience.TotalNanoseconds;
        while (Clocks.MonotonicNs < deadline && collector.Pods.Any(pod => pod.Row.Version == 0 && pod.Status != RowStatus.Quarantined))
            await Task.Delay(20, stop);
    }

    private static bool Print(MonitoredPod pod, PlainOutput output)
    {
        var row = new double[pod.Row.Slots];
        if (!pod.Row.TryCopy(row, out _))
        {
            output.Line($"{pod.Pod}: not read ({pod.Status})");
            return false;
        }
        var slots = Math.Min(pod.Schema.Slots, SlotsOfAPage);
        output.Line($"{pod.Pod}: {pod.Schema.Slots} slots in {pod.Layout.Objects.Count} objects, the first page:");
        for (var slot = 0; slot < slots; slot++)
            output.Line(string.Create(CultureInfo.InvariantCulture, $"  {slot,4} {PodSchema.DisplayName(pod.Schema.Descriptors[slot])} = {row[slot]}"));
        return true;
    }
}

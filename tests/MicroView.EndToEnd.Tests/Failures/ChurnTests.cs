using MicroView.Protocol;

namespace MicroView.EndToEnd.Tests;

[Collection(nameof(Alone))]
[Trait("group", "slow")]
public sealed class ChurnTests
{
    private const int WarmUp = 1_000, Attaches = 10_000, AtOnce = 8;

    [Fact]
    public async Task Ten_thousand_attaches_and_detaches_leak_no_page_no_descriptor_and_no_memory()
    {
        using var host = new HostProcess();
        using var nic = host.StartNic();
        await AttachAsync(host, WarmUp);
        await CalmAsync(host, nic);
        var (hostBefore, nicBefore, sharedBefore) = (ProcessFacts.Of(host.Process.Id), ProcessFacts.Of(nic.Process.Id), ProcessFacts.SharedBytes);
        await AttachAsync(host, Attaches);
        await CalmAsync(host, nic);
        var (hostAfter, nicAfter, sharedAfter) = (ProcessFacts.Of(host.Process.Id), ProcessFacts.Of(nic.Process.Id), ProcessFacts.SharedBytes);
        Soon.Report($"agent {hostBefore} → {hostAfter}\ncollector {nicBefore} → {nicAfter}\nshared memory of the machine {sharedBefore >> 10} → {sharedAfter >> 10} KiB");
        // 10,000 objects of 3 touched pages each would be 120 MB, one descriptor or map each 10,000: all bounds are far below.
        foreach (var (before, after) in ((ProcessFacts, ProcessFacts)[])[(hostBefore, hostAfter), (nicBefore, nicAfter)])
        {
            Assert.InRange(after.Descriptors - before.Descriptors, -100, 20); // worker threads and idle connections come and go
            Assert.InRange(after.Maps - before.Maps, -1000, 200);
            Assert.InRange(after.ResidentBytes - before.ResidentBytes, long.MinValue, 24 << 20);
        }
        Assert.InRange(sharedAfter - sharedBefore, long.MinValue, 24 << 20);
        Assert.Equal((0, 0), (ProcessFacts.Objects(host.Process.Id), ProcessFacts.Objects(nic.Process.Id)));
        Assert.Equal(WarmUp + Attaches, (await host.MetricsAsync())["microview_host_attached_total"]);
    }

    private static Task AttachAsync(HostProcess host, int count) => Task.WhenAll(Enumerable.Range(0, AtOnce).Select(worker => Task.Run(async () =>
    {
        for (var i = worker; i < count; i += AtOnce)
        {
            using var pod = await RawPod.AttachAsync(host.Socket, $"churn-{worker}", "a", "b", "c");
            pod.Store(0, i);
            if (i % 2 == 0)
                await pod.AskAsync(new DetachRequest()); // the others just go
        }
    })));

    private static async Task CalmAsync(HostProcess host, NicProcess nic)
    {
        await Soon.UntilAsync(async () =>
        {
            var metrics = await host.MetricsAsync();
            return (metrics["microview_host_pods{kind=\"socket\"}"], metrics["microview_host_retiring"], metrics["microview_host_connections"]) == (0, 0, 1);
        }, "the agent is empty");
        await nic.UntilAsync(scrape => !scrape.Names.Any(name => name.Contains("churn", StringComparison.Ordinal)), "an empty collector");
        for (var limit = DateTime.UtcNow + TimeSpan.FromSeconds(20); ProcessFacts.Held(nic.Process.Id) is { Length: > 0 } held; await Task.Delay(50))
            Assert.True(DateTime.UtcNow < limit, $"the collector still holds {string.Join('\n', held)}\n{nic.Process.Errors}");
    }
}

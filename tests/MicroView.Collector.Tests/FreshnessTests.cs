using MicroView.Protocol;
using static MicroView.Collector.Tests.CollectorScene;
using static MicroView.Collector.Tests.TestBook;

namespace MicroView.Collector.Tests;

public sealed class FreshnessTests
{
    private const int HeaderOffset = 4096;

    [Fact]
    public async Task A_heartbeat_that_stands_still_makes_a_pod_stale_until_it_moves_again()
    {
        await using var scene = await StartAsync(prepare: agent => agent.Join("p", Gauge("g")).Set(0, 4));
        await UntilAsync(async () => await scene.ValueAsync("g{pod=\"p\"}") == 4, "the value");
        scene.Agent.Beats = false;
        await UntilAsync(() => scene.Pod("p")!.IsStale, "staleness");
        Assert.Null(await scene.ValueAsync("g{pod=\"p\"}"));
        Assert.Null(await scene.ValueAsync("microview_alarm{pod=\"p\"}"));
        Assert.Equal(1, await scene.ValueAsync("microview_pod_stale{pod=\"p\"}"));
        Assert.Equal(1, await scene.ValueAsync("microview_stale_pods"));
        Assert.True(await scene.ValueAsync("microview_pod_data_age_seconds{pod=\"p\"}") >= 0);
        scene.Agent.Beats = true;
        await UntilAsync(async () => await scene.ValueAsync("g{pod=\"p\"}") == 4, "the value again");
        Assert.Equal(0, await scene.ValueAsync("microview_pod_stale{pod=\"p\"}"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_session_that_ends_makes_its_pods_stale_although_their_heartbeats_move(bool recorded)
    {
        var folder = Directory.CreateTempSubdirectory("mv-over");
        try
        {
            await using var scene = await StartAsync(
                recorded ? Quick with { RecordInto = Path.Combine(folder.FullName, "run.mvrec") } : Quick, agent => agent.Join("p", Gauge("g")).Set(0, 4));
            await UntilAsync(async () => await scene.ValueAsync("g{pod=\"p\"}") == 4, "the value");
            scene.Agent.Refusal = "come back later";
            scene.Agent.CutOff();
            await UntilAsync(() => scene.Pod("p")!.IsStale, "staleness");
            for (var i = 0; i < 20; i++)
            {
                await Task.Delay(50, TestContext.Current.CancellationToken); // more than a heartbeat may stand still: these move
                Assert.True(scene.Pod("p")!.IsStale);
            }
            Assert.Null(await scene.ValueAsync("g{pod=\"p\"}"));
            scene.Agent.Refusal = null;
            await UntilAsync(async () => await scene.ValueAsync("g{pod=\"p\"}") == 4, "the value again");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_scribbled_header_quarantines_its_pod_and_no_other()
    {
        await using var scene = await StartAsync(prepare: agent => agent.Join("good", Gauge("g")));
        var bad = scene.Agent.Join("bad", Gauge("g"));
        await UntilAsync(async () => await scene.ValueAsync("g{pod=\"bad\"}") is not null, "the value");
        MemoryFile.WriteAt(bad.Object.File, HeaderOffset, 0xDEAD);
        await UntilAsync(() => scene.Pod("bad")!.IsQuarantined, "quarantine");
        Assert.Null(await scene.ValueAsync("g{pod=\"bad\"}"));
        Assert.Equal(1, await scene.ValueAsync("microview_pod_quarantined{pod=\"bad\"}"));
        Assert.Equal(1, await scene.ValueAsync("microview_quarantined_pods"));
        Assert.False(scene.Pod("good")!.IsStale);
        await scene.ShowsAsync("g{pod=\"good\"}");
        Assert.Single(scene.Log, line => line.Contains("bad is quarantined", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_generation_that_the_client_scribbles_is_asked_about_at_a_bounded_rate_and_obeyed_by_no_one()
    {
        await using var scene = await StartAsync(Quick with { ScrapeInterval = TimeSpan.FromMilliseconds(1), Lmaps = 1 });
        var pod = scene.Agent.Join("p", Gauge("g"));
        await UntilAsync(() => scene.Pod("p") is { IsStale: false }, "the pod");
        var before = scene.Collector.Statistics[0];
        var (asked, scrapes) = (before.LayoutRequests, before.Scrapes);
        var started = Clocks.MonotonicNs;
        pod.Object.Generation = 999;
        await UntilAsync(() => scene.Collector.Statistics[0].Scrapes > scrapes + 300, "300 scrapes");
        var seconds = (Clocks.MonotonicNs - started) / 1e9;
        asked = scene.Collector.Statistics[0].LayoutRequests - asked;
        Assert.InRange(asked, 1, (long)(seconds * 10) + 1);
        Assert.False(scene.Pod("p")!.IsStale);
    }

    [Fact]
    public async Task A_rest_segment_that_its_client_truncates_harms_no_one()
    {
        await using var scene = await StartAsync(prepare: agent => agent.Join("good", Gauge("g")));
        var name = $"mv-collector-test-{Environment.ProcessId}";
        using var segment = NamedSegment.Create(name, 64 * 1024);
        try
        {
            using var writer = segment.OpenWriter();
            var rest = new TestPod("rest", 1, 64 * 1024) { Kind = PodKind.Rest, File = segment.File };
            MemoryFile.WriteAt(writer, HeaderOffset, PageFormat.Magic);
            MemoryFile.WriteAt(writer, HeaderOffset + 8, PageFormat.Version);
            MemoryFile.WriteAt(writer, HeaderOffset + 16, rest.Object.Epoch);
            MemoryFile.WriteAt(writer, PageFormat.SlotsOffset, BitConverter.DoubleToUInt64Bits(2.5));
            scene.Agent.Join(rest, Gauge("g"));
            await UntilAsync(async () => await scene.ValueAsync("g{pod=\"rest\"}") == 2.5, "the value");
            RandomAccess.SetLength(writer, 100);
            await UntilAsync(() => scene.Pod("rest")!.Status is RowStatus.Unreadable, "the truncation");
            Assert.Null(await scene.ValueAsync("g{pod=\"rest\"}"));
            await scene.ShowsAsync("g{pod=\"good\"}");
        }
        finally
        {
            segment.Unlink();
        }
    }

    [Fact]
    public async Task A_file_that_is_not_sealed_is_refused_and_counted()
    {
        await using var scene = await StartAsync(prepare: agent => agent.Join("good", Gauge("g")));
        var path = Path.GetTempFileName();
        using var plain = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
        scene.Agent.Join(new TestPod("plain", 1, 64 * 1024) { File = plain }, Gauge("g"));
        await UntilAsync(async () => await scene.ValueAsync("microview_rejected_pods_total") == 1, "the rejection");
        await scene.ShowsAsync("g{pod=\"good\"}");
        Assert.Contains(scene.Log, line => line.Contains("plain", StringComparison.Ordinal));
        File.Delete(path);
    }
}

using static MicroView.Collector.Tests.CollectorScene;
using static MicroView.Collector.Tests.TestBook;

namespace MicroView.Collector.Tests;

[Collection(nameof(Alone))]
[Trait("group", "slow")]
public sealed class ChurnTests
{
    [Fact]
    public async Task Pods_that_come_and_go_leave_no_mapping_no_descriptor_and_no_series_behind()
    {
        await using var scene = await StartAsync(prepare: agent => agent.Join("stays", Gauge("g")));
        await ChurnAsync(scene, 100);
        var (maps, files) = (Mappings(), Descriptors());
        await ChurnAsync(scene, 500);
        await UntilAsync(() => Mappings() <= maps + 2, $"no more than {maps} mappings of pods, there are {Mappings()}");
        await UntilAsync(() => Descriptors() <= files + 8, $"no more than {files} descriptors, there are {Descriptors()}");
        await UntilAsync(() => scene.Collector.Snapshot().Pods.Count == 1, "one pod");
        Assert.DoesNotContain("churn-", await scene.ScrapeAsync(), StringComparison.Ordinal);
        await scene.ShowsAsync("g{pod=\"stays\"}");
        Assert.Equal(601, scene.Agent.FilesHandedOut);
    }

    private static async Task ChurnAsync(CollectorScene scene, int pods)
    {
        var present = new Queue<TestPod>();
        for (var i = 0; i < pods; i++)
        {
            present.Enqueue(scene.Agent.Join($"churn-{i}-{pods}", Gauge("g"), Counter("c_total")));
            if (present.Count < 50)
                continue;
            await UntilAsync(() => scene.Pod($"churn-{i}-{pods}") is not null, "the pod");
            while (present.Count > 20)
                Leave(present.Dequeue());
        }
        await UntilAsync(() => scene.Agent.Acknowledged == scene.Agent.Generation, "the layout");
        while (present.TryDequeue(out var pod))
            Leave(pod);
        await UntilAsync(() => scene.Agent.Acknowledged == scene.Agent.Generation, "the last layout");

        void Leave(TestPod pod)
        {
            scene.Agent.Leave(pod);
            pod.Object.Unmap();
        }
    }

    private static int Mappings() => File.ReadLines("/proc/self/maps").Count(line => line.Contains("memfd:churn-", StringComparison.Ordinal));

    private static int Descriptors() => Directory.EnumerateFileSystemEntries("/proc/self/fd").Count();
}

/// <summary>Tests that count what the whole process holds run alone.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

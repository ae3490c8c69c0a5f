using MicroView.Analysis;
using MicroView.Protocol;
using static MicroView.Collector.Tests.CollectorScene;
using static MicroView.Collector.Tests.TestBook;

namespace MicroView.Collector.Tests;

/// <summary>A collector with actions, and pods whose alarm a test opens by one store.</summary>
public sealed class ActionScene : IAsyncDisposable
{
    private ActionScene(CollectorScene scene) => Scene = scene;

    public CollectorScene Scene { get; }

    public static async Task<ActionScene> StartAsync(ActionOptions actions, Func<CollectorOptions, CollectorOptions>? more = null)
    {
        var options = Quick with { ScrapeInterval = TimeSpan.FromMilliseconds(2), Tick = TimeSpan.Zero, Actions = actions };
        return new(await CollectorScene.StartAsync(more?.Invoke(options) ?? options));
    }

    /// <summary>A pod that is watched already.</summary>
    public async Task<TestPod> WatchedAsync(string pod, string? service = null, PodKind kind = PodKind.Socket, SortedDictionary<string, string>? labels = null)
    {
        var joined = Join(pod, service, kind, labels);
        await UntilAsync(() => Scene.Pod(pod) is { State: PodState.Watching }, $"{pod} is watched");
        return joined;
    }

    /// <summary>A pod that is still to be learnt.</summary>
    public TestPod Join(string pod, string? service = null, PodKind kind = PodKind.Socket, SortedDictionary<string, string>? labels = null) =>
        Scene.Agent.Join(new TestPod(pod, 1, 8192) { Service = service, Kind = kind, Labels = labels }, Gauge("a", 0.5), Gauge("b", 0.5), Counter("c_total"));

    public static void Break(TestPod pod) => pod.Set(1, 1000);

    public static void Mend(TestPod pod) => pod.Set(1, 0);

    public ValueTask DisposeAsync() => Scene.DisposeAsync();
}

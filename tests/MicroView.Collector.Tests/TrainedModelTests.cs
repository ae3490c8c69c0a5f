using MicroView.Analysis;
using static MicroView.Collector.Tests.CollectorScene;
using static MicroView.Collector.Tests.TestBook;

namespace MicroView.Collector.Tests;

/// <summary>Model VAE in a collector: who is watched by which network, and what is said of the others.</summary>
public sealed class TrainedModelTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("microview-models");

    public void Dispose() => _folder.Delete(recursive: true);

    private static CollectorOptions Options(VaeModels models) =>
        Quick with { Models = models, Analysis = Quick.Analysis with { Detector = DetectorOptions.Live with { Model = "VAE" } } };

    /// <summary>A network without training reconstructs next to nothing: what is far from the mean is far from its reconstruction.</summary>
    private string Write(string file, string service, params string[] names)
    {
        var untrained = VaeModel.Untrained(Math.Max(1, names.Length), 1);
        var model = new VaeModel(untrained.Layers, new double[untrained.Dimension], [.. Enumerable.Repeat(1.0, untrained.Dimension)])
        {
            Names = names, Service = service, Threshold = 4, TrainingRows = 100,
        };
        var path = Path.Combine(_folder.FullName, file);
        File.WriteAllBytes(path, VaeBytes.Write(model));
        return path;
    }

    [Fact]
    public async Task A_pod_is_watched_from_its_first_row_and_alarms_by_the_models_threshold()
    {
        await using var scene = await StartAsync(Options(VaeModels.Load(Write("any.vae", "", "b", "a"))));
        var pod = scene.Agent.Join("p", Gauge("a"), Gauge("b"), Gauge("not in the model"));
        await UntilAsync(() => scene.Pod("p") is { State: PodState.Watching }, "watching");
        pod.Set(2, 1e9);
        await UntilAsync(() => scene.Pod("p")!.Score > 0, "a score");
        Assert.Equal(9.0 / 2, scene.Pod("p")!.Threshold); // the model's 4 is less than one metric three deviations out
        Assert.False(scene.Pod("p")!.AlarmOpen);
        pod.Set(0, 50);
        await UntilAsync(() => scene.Pod("p")!.AlarmOpen, "the alarm");
        Assert.Equal("a", scene.Pod("p")!.Attributions[0].Metric);
    }

    [Fact]
    public async Task A_pod_without_a_model_is_off_with_one_line_that_says_why_and_watched_once_it_has_what_the_model_needs()
    {
        await using var scene = await StartAsync(Options(VaeModels.Load(Write("cart.vae", "cart", "a", "b", "c"))));
        var pod = scene.Agent.Join(new TestPod("cart-1", 1, 8192) { Service = "cart" }, Gauge("a"), Gauge("b"));
        scene.Agent.Join(new TestPod("mail-1", 1, 8192) { Service = "mail" }, Gauge("a"), Gauge("b"), Gauge("c"));
        await scene.ShowsAsync("a{pod=\"cart-1\",service=\"cart\"}");
        await scene.ShowsAsync("a{pod=\"mail-1\",service=\"mail\"}");
        Assert.Equal((PodState.Off, PodState.Off), (scene.Pod("cart-1")!.State, scene.Pod("mail-1")!.State));
        Assert.Single(scene.Log, line => line.Contains("cart-1 is not watched", StringComparison.Ordinal) && line.Contains("such as c", StringComparison.Ordinal));
        Assert.Single(scene.Log, line => line.Contains("mail-1 is not watched", StringComparison.Ordinal) && line.Contains("trained on service cart", StringComparison.Ordinal));
        scene.Agent.Describe(pod, Gauge("c"));
        await UntilAsync(() => scene.Pod("cart-1") is { State: PodState.Watching }, "watching");
    }

    [Fact]
    public async Task A_folder_gives_each_service_its_own_network()
    {
        Write("cart.vae", "cart", "a");
        Write("mail.vae", "mail", "a", "b");
        await using var scene = await StartAsync(Options(VaeModels.Load(_folder.FullName)));
        scene.Agent.Join(new TestPod("cart-1", 1, 8192) { Service = "cart" }, Gauge("a"));
        scene.Agent.Join(new TestPod("mail-5d5f8b6c9-x2k4q", 1, 8192), Gauge("a"), Gauge("b"));
        scene.Agent.Join(new TestPod("pay-1", 1, 8192) { Service = "pay" }, Gauge("a"));
        await UntilAsync(() => scene.Pod("cart-1") is { State: PodState.Watching }, "cart");
        await UntilAsync(() => scene.Pod("mail-5d5f8b6c9-x2k4q") is { State: PodState.Watching }, "mail");
        await scene.ShowsAsync("a{pod=\"pay-1\",service=\"pay\"}");
        Assert.Equal(PodState.Off, scene.Pod("pay-1")!.State);
        Assert.Contains(scene.Log, line => line.Contains("no pay.vae in", StringComparison.Ordinal));
    }

    [Fact]
    public void A_model_and_no_VAE_and_VAE_and_no_model_are_refused()
    {
        var models = VaeModels.Load(Write("any.vae", "", "a"));
        Options(models).Validate();
        Assert.Contains("needs a trained network", Assert.Throws<ArgumentException>((Options(models) with { Models = null }).Validate).Message, StringComparison.Ordinal);
        Assert.Contains("for model VAE, not for FD", Assert.Throws<ArgumentException>((Quick with { Models = models }).Validate).Message, StringComparison.Ordinal);
    }
}

using MicroView.Protocol;

namespace MicroView.EndToEnd.Tests;

/// <summary>Clients that ruin their own memory: a program that knows the documents alone, and the artifact's way of doing it.</summary>
[Trait("group", "slow")]
public sealed class OwnMemoryTests(Scene scene) : IClassFixture<Scene>
{
    [Theory]
    [InlineData("scribble")]
    [InlineData("nan")]
    [InlineData("odd")]
    [InlineData("truncate")]
    [InlineData("generation")]
    public async Task A_client_that_ruins_its_own_page_harms_itself_alone(string how)
    {
        var before = (await scene.Host.MetricsAsync())["microview_host_quarantined_total"];
        using var client = Client($"ruin-{how}");
        await scene.Nic.UntilAsync(scrape => scrape.Of("m3", $"ruin-{how}") == 4, "its values");
        client.Tell(how);
        client.WaitFor(lines => lines.Contains("done", StringComparison.Ordinal) || lines.Contains("refused", StringComparison.Ordinal), "what it does");
        await scene.UnharmedAsync();
        switch (how)
        {
            case "scribble": // counted by both, and nothing of it is shown
                await Soon.UntilAsync(async () => (await scene.Host.MetricsAsync())["microview_host_quarantined_total"] > before, "counted by the agent");
                await scene.Nic.UntilAsync(scrape => scrape.Of("m3", $"ruin-{how}") is double.NaN, "nothing of it is shown");
                break;
            case "nan": // values, if odd ones: shown as they are
                await scene.Nic.UntilAsync(scrape => scrape.Of("m1", $"ruin-{how}") == double.PositiveInfinity && scrape.Of("m3", $"ruin-{how}") == 1e308, "its values");
                break;
            case "odd": // a row that is never finished is not a row
                await scene.Nic.UntilAsync(scrape => Total(scrape, "torn") > 0, "torn rows, counted");
                break;
            case "truncate": // the seals forbid it
                Assert.Contains("refused", client.Output);
                break;
            default: // it may ask for a new layout ten times a second and no more
                Assert.InRange(Sum(await scene.Nic.ScrapeAsync(), "microview_layout_requests_total{"), 0, 60);
                break;
        }
        var retired = (await scene.Host.MetricsAsync())["microview_host_retired_total"];
        client.KillHard();
        await scene.Nic.UntilAsync(scrape => scrape.OfPod($"ruin-{how}").Length == 0, "it leaves");
        await Soon.UntilAsync(async () => (await scene.Host.MetricsAsync())["microview_host_retired_total"] > retired - 1, "it is retired");
        await scene.UnharmedAsync();
    }

    [Fact]
    public async Task An_old_client_that_keeps_its_mapping_after_it_was_retired_reaches_nobody()
    {
        using var old = Client("old");
        await scene.Nic.UntilAsync(scrape => scrape.Of("m3", "old") == 4, "its values");
        old.Tell("detach");
        old.WaitFor(lines => lines.Contains("done detach", StringComparison.Ordinal), "its leave");
        await scene.Nic.UntilAsync(scrape => scrape.OfPod("old").Length == 0, "its series go");
        using var next = await RawPod.AttachAsync(scene.Host.Socket, "old", "m0", "m1", "m2", "m3"); // the same name, at once
        for (var slot = 0; slot < 4; slot++)
            next.Store(slot, 100 + slot);
        for (var round = 0; round < 20; round++)
        {
            old.Tell("scribble");
            var scrape = await scene.Nic.UntilAsync(scrape => scrape.Of("m3", "old") == 103, "the new pod's values");
            Assert.Equal([100, 101, 102, 103], Enumerable.Range(0, 4).Select(slot => scrape.Of($"m{slot}", "old")));
        }
        await scene.UnharmedAsync();
    }

    [Fact]
    public async Task A_segment_that_its_client_scribbles_over_is_taken_out_and_counted()
    {
        var before = (await scene.Host.MetricsAsync())["microview_host_quarantined_total"];
        var (_, answer) = await scene.Host.SendAsync(HttpMethod.Post, "/metrics", """{"microservice_id":"wild","name":"m","type":true,"value":5}""");
        await scene.Nic.UntilAsync(scrape => scrape.Of("m", "wild") == 5, "its value");
        var noise = new byte[64 * 1024];
        Random.Shared.NextBytes(noise);
        using (var file = File.OpenHandle("/dev/shm/" + answer.GetProperty("shm_name").GetString(), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
            RandomAccess.Write(file, noise, 0);
        await scene.Nic.UntilAsync(scrape => scrape.Of("m", "wild") is double.NaN, "nothing of it is shown");
        await Soon.UntilAsync(async () => (await scene.Host.MetricsAsync())["microview_host_quarantined_total"] > before, "counted by the agent");
        Assert.InRange((await scene.Host.SendAsync(HttpMethod.Post, "/metrics", """{"microservice_id":"wild","name":"n","type":true,"value":5}""")).Status, 200, 507);
        await scene.UnharmedAsync();
    }

    [Fact]
    public async Task A_segment_that_its_client_truncates_is_taken_out_and_counted()
    {
        var before = (await scene.Host.MetricsAsync())["microview_host_quarantined_total"];
        var (_, answer) = await scene.Host.SendAsync(HttpMethod.Post, "/metrics", """{"microservice_id":"short","name":"m","type":true,"value":5}""");
        using var file = File.OpenHandle("/dev/shm/" + answer.GetProperty("shm_name").GetString(), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        await scene.Nic.UntilAsync(scrape => scrape.Of("m", "short") == 5, "its value");
        using (var stream = new FileStream(file, FileAccess.ReadWrite))
            stream.SetLength(0);
        await scene.Nic.UntilAsync(scrape => scrape.Of("m", "short") is double.NaN, "nothing of it is shown");
        await Soon.UntilAsync(async () => (await scene.Host.MetricsAsync())["microview_host_quarantined_total"] > before, "counted by the agent");
        await scene.UnharmedAsync();
    }

    private Microview Client(string pod)
    {
        var client = Microview.StartProgram(Microview.Python, $"{Microview.Script("socket_pod.py")} {scene.Host.Socket} {pod}");
        client.WaitFor(lines => lines.Contains("described", StringComparison.Ordinal), "attached client");
        Assert.Contains($"attached {pod}\n", client.Output);
        return client;
    }

    private static double Total(Exposition scrape, string status) => scrape[$"microview_reads_total{{lmap=\"0\",status=\"{status}\"}}"];

    private static double Sum(Exposition scrape, string start) => scrape.Names.Where(name => name.StartsWith(start, StringComparison.Ordinal)).Sum(name => scrape[name]);
}

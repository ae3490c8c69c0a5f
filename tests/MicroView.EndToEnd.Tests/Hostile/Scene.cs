namespace MicroView.EndToEnd.Tests;

/// <summary>An agent, a collector and a healthy pod; whatever is done to the agent, that pod must go on being read correctly.</summary>
public sealed class Scene : IAsyncLifetime
{
    private const string Healthy = "healthy";

    internal HostProcess Host { get; } = new();

    internal NicProcess Nic { get; private set; } = null!;

    internal CountingPod Pod { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Nic = Host.StartNic("--model none -s 0.02");
        Pod = new(Host.Socket, Healthy, threads: 1);
        await Nic.UntilAsync(scrape => scrape.Of("jobs_total", Healthy) > 0, "the healthy pod");
    }

    /// <summary>Counts a refusal and looks that the healthy pod's values are fresh, right and alone.</summary>
    internal async Task UnharmedAsync(string? reason = null, double before = 0)
    {
        if (reason is not null)
            await Soon.UntilAsync(async () => await Host.RefusedAsync(reason) > before, $"counted as {reason}, more than {before}");
        Assert.False(Host.Process.HasExited, Host.Process.ToString());
        Assert.DoesNotContain("   at ", Host.Process.Errors);
        Assert.DoesNotContain("unexpected", Host.Process.Errors, StringComparison.OrdinalIgnoreCase);
        Assert.False(Nic.Process.HasExited, Nic.Process.ToString());
        Assert.DoesNotContain("   at ", Nic.Process.Errors);
        var atLeast = Pod.Added;
        var scrape = await Nic.UntilAsync(scrape => scrape.Of("jobs_total", Healthy) >= atLeast, $"at least {atLeast} from the healthy pod");
        var most = Pod.Added + 500; // what its thread has in hand
        Assert.InRange(scrape.Of("jobs_total", Healthy), atLeast, most);
        Assert.Equal(7, scrape.Of("depth", Healthy));
        Assert.Equal(0, scrape.Of("microview_pod_stale", Healthy));
    }

    public ValueTask DisposeAsync()
    {
        Pod.Dispose();
        Nic.Dispose();
        Host.Dispose();
        return ValueTask.CompletedTask;
    }
}

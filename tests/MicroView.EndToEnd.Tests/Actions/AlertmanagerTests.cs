namespace MicroView.EndToEnd.Tests;

/// <summary>Alarms as alerts in the real Alertmanager.</summary>
[Trait("group", "slow")]
public sealed class AlertmanagerTests
{
    [Fact]
    public async Task An_alarm_fires_there_is_kept_alive_and_is_resolved_when_it_is_over()
    {
        using var alerts = new AlertmanagerProcess();
        using var host = new HostProcess();
        using var cart = new MoodyPod(host.Socket, "cart-1", "cart", new() { ["team"] = "shop" });
        using var nic = host.StartNic($"{MoodyPod.QuickDetection} --alertmanager {alerts.Address} --alertmanager-interval 1 --application shop=cart* --external-url https://views.example");
        await MoodyPod.WatchedAsync(nic, "cart-1");
        Assert.Empty(await alerts.FiringAsync("cart-1"));

        cart.Break();
        await Soon.UntilAsync(async () => (await alerts.FiringAsync("cart-1")).Length == 1, "the alert");
        var alert = (await alerts.FiringAsync("cart-1"))[0];
        var labels = alert.GetProperty("labels");
        foreach (var (name, value) in new[] { ("alertname", "MicroViewAnomaly"), ("service", "cart"), ("application", "shop"), ("team", "shop"), ("node", Environment.MachineName) })
            Assert.Equal(value, labels.GetProperty(name).GetString());
        Assert.Contains("depth", alert.GetProperty("annotations").GetProperty("attribution").GetString());
        Assert.Equal("https://views.example/?pod=cart-1", alert.GetProperty("generatorURL").GetString());
        Assert.Equal("active", alert.GetProperty("status").GetProperty("state").GetString());

        // Its end lies four intervals ahead: past that it is there only because it was sent again.
        var end = AlertmanagerProcess.Time(alert, "endsAt");
        await Soon.UntilAsync(() => DateTimeOffset.UtcNow > end, "its first end");
        var again = Assert.Single(await alerts.FiringAsync("cart-1"));
        Assert.True(AlertmanagerProcess.Time(again, "endsAt") > end);
        Assert.Equal(AlertmanagerProcess.Time(alert, "startsAt"), AlertmanagerProcess.Time(again, "startsAt"));

        cart.Mend();
        await Soon.UntilAsync(async () => (await alerts.FiringAsync("cart-1")).Length == 0, "its end");
        var scrape = await nic.ScrapeAsync();
        Assert.Equal((0, 0), (scrape["microview_alerts_firing"], scrape[Series("dropped_total", alerts)]));
        Assert.True(scrape[Series("sent_total", alerts)] >= 5);
    }

    [Fact]
    public async Task An_alertmanager_that_is_killed_during_an_alarm_hears_of_it_again_and_what_failed_is_counted()
    {
        using var alerts = new AlertmanagerProcess();
        using var host = new HostProcess();
        using var cart = new MoodyPod(host.Socket, "cart-1", "cart");
        using var nic = host.StartNic($"{MoodyPod.QuickDetection} --alertmanager {alerts.Address} --alertmanager-interval 2");
        await MoodyPod.WatchedAsync(nic, "cart-1");
        cart.Break();
        await Soon.UntilAsync(async () => (await alerts.FiringAsync("cart-1")).Length == 1, "the alert");
        alerts.KillHard();
        await nic.UntilAsync(scrape => scrape[Series("failed_requests_total", alerts)] >= 2 && scrape[Series("up", alerts)] == 0, "failures");
        Assert.Equal(1, (await nic.ScrapeAsync()).Of("microview_alarm", "cart-1")); // the collector goes on

        alerts.Restart();
        var time = await Soon.UntilAsync(async () => (await alerts.FiringAsync("cart-1")).Length == 1, "the alert again");
        Soon.Report($"the alert is there again {time.TotalSeconds:0.00} s after the restart");
        await nic.UntilAsync(scrape => scrape[Series("up", alerts)] == 1, "up again");
        cart.Mend();
        await Soon.UntilAsync(async () => (await alerts.FiringAsync("cart-1")).Length == 0, "its end");
        Assert.Equal(0, (await nic.ScrapeAsync())[Series("dropped_total", alerts)]);
    }

    private static string Series(string name, AlertmanagerProcess alerts) => $"microview_alertmanager_{name}{{receiver=\"{alerts.Address}\"}}";
}

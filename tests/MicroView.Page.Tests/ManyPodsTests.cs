using MicroView.EndToEnd.Tests;
using static Microsoft.Playwright.Assertions;

namespace MicroView.Page.Tests;

/// <summary>200 pods of 64 metrics, and collectors that come and go.</summary>
[Trait("group", "slow")]
public sealed class ManyPodsTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact]
    public async Task Two_hundred_pods_of_64_metrics_are_all_there_and_go_on()
    {
        await using var browser = await chromium.OpenAsync();
        using var machine = new WatchedMachine("-s 0.1 --learn 3");
        using var pods = Microview.Start($"generate --pods 200 --num-metrics 64 --update-metrics --rate 10 --socket {machine.Socket}");
        await browser.GoAsync(machine.Address);
        var page = browser.Page;
        await Expect(browser.Rows).ToHaveCountAsync(200);
        await Expect(page.Locator("#pod-count")).ToHaveTextAsync("200 pods");
        await Expect(page.Locator("[data-count=watched]")).ToHaveTextAsync("200");
        await browser.Rows.Nth(150).ClickAsync();
        await Expect(page.Locator("#value-rows tr")).ToHaveCountAsync(64);
        await Expect(page.Locator("#value-rate")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex("64 metrics; "));
        await browser.UntilAsync("Number(document.querySelector('#value-rate').textContent.match(/; (\\d+) shown/)?.[1]) > 30");

        // The page goes on while somebody works in it: scores change, and a search answers.
        await page.EvaluateAsync("""
            () => {
                window.changes = 0;
                new MutationObserver(list => window.changes += list.length).observe(document.querySelector('#pod-rows'), { subtree: true, childList: true, characterData: true });
            }
            """);
        await browser.UntilAsync("window.changes > 200");
        var name = (await browser.Rows.Nth(7).Locator("th").InnerTextAsync()).Trim();
        await page.Locator("#pod-search").FillAsync(name);
        await Expect(page.Locator("#pod-count")).ToContainTextAsync("of 200 pods");
        await Expect(browser.Rows.First).ToContainTextAsync(name);
        await page.Locator("#pod-search").FillAsync("");
        await Expect(browser.Rows).ToHaveCountAsync(200);
        await browser.PictureAsync("many-light");
        browser.WasQuiet(machine.Address);
    }

    [Fact]
    public async Task A_collector_that_was_killed_is_told_as_not_live_and_its_successor_is_found()
    {
        await using var browser = await chromium.OpenAsync();
        using var machine = new WatchedMachine("-s 0.1 --model none");
        using var pod = new ServedPod(machine.Socket, "shop-1");
        await browser.GoAsync(machine.Address);
        await browser.Row("shop-1").ClickAsync();
        await AlarmPageTests.MovesAsync(browser, "http_requests_total");
        machine.KillCollector();
        await Expect(browser.Connection).ToHaveAttributeAsync("data-state", "lost");
        await Expect(browser.Connection).ToContainTextAsync("Not live since");
        await browser.PictureAsync("lost-light");
        machine.StartCollector();
        await browser.IsLiveAsync();
        await Expect(browser.Rows).ToHaveCountAsync(1);
        await Expect(browser.Page.Locator("#detail-heading")).ToHaveTextAsync("shop-1");
        await AlarmPageTests.MovesAsync(browser, "http_requests_total");
        browser.WasQuiet(machine.Address, but: "net::ERR_"); // the browser logs each connection that is refused
    }

    [Fact]
    public async Task A_pod_that_leaves_is_told_as_gone()
    {
        await using var browser = await chromium.OpenAsync();
        using var machine = new WatchedMachine("-s 0.1 --model none");
        using var stays = new ServedPod(machine.Socket, "stays");
        var leaves = new ServedPod(machine.Socket, "leaves");
        await browser.GoAsync(machine.Address);
        await browser.Row("leaves").ClickAsync();
        await AlarmPageTests.MovesAsync(browser, "queue_depth");
        leaves.Dispose();
        await Expect(browser.Rows).ToHaveCountAsync(1);
        await Expect(browser.Page.Locator("#detail-status")).ToContainTextAsync("The pod has gone");
        using var back = new ServedPod(machine.Socket, "leaves");
        await Expect(browser.Rows).ToHaveCountAsync(2);
        await AlarmPageTests.MovesAsync(browser, "queue_depth");
        browser.WasQuiet(machine.Address);
    }
}

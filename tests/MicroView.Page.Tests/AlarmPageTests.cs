using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace MicroView.Page.Tests;

/// <summary>What the page is for: somebody sees an alarm come up, why, and what the pod does meanwhile.</summary>
[Trait("group", "slow")]
public sealed class AlarmPageTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact]
    public async Task An_anomaly_appears_with_what_explains_it_and_the_picked_pods_values_move()
    {
        await using var browser = await chromium.OpenAsync();
        using var machine = new WatchedMachine();
        using var healthy = new ServedPod(machine.Socket, "shop-0");
        using var pod = new ServedPod(machine.Socket, "shop-1");
        await browser.GoAsync(machine.Address);
        var page = browser.Page;
        var row = browser.Row("shop-1");
        await Expect(row.Locator(".state")).ToContainTextAsync("learning");
        await browser.PictureAsync("learning-light");
        await Expect(row.Locator(".state")).ToContainTextAsync("watched");
        await Expect(page.Locator("#no-alarms")).ToBeVisibleAsync();
        await Expect(page.Locator("#connection")).ToHaveTextAsync("Live");

        pod.IsIll = true;
        var alarm = page.Locator("#alarm-rows tr.open").Filter(new() { HasText = "shop-1" });
        await Expect(alarm).ToBeVisibleAsync();
        await Expect(alarm.Locator(".share").First).ToHaveTextAsync(new System.Text.RegularExpressions.Regex(@"(queue_depth|http_errors_total|http_request_duration_seconds).* \d+\s%"));
        await Expect(row.Locator(".state")).ToHaveTextAsync("alarm");
        await Expect(page.Locator("#announcer")).ToContainTextAsync("Alarm: pod shop-1, explained by");
        await Expect(page).ToHaveTitleAsync(new System.Text.RegularExpressions.Regex(@"^\([12]\) MicroView"));

        await alarm.GetByRole(AriaRole.Button, new() { Name = "shop-1" }).ClickAsync();
        await Expect(page.Locator("#detail-heading")).ToHaveTextAsync("shop-1");
        await Expect(page.Locator("#detail-status")).ToContainTextAsync("Alarm, explained by");
        await Expect(page.Locator("#value-rows tr")).ToHaveCountAsync(4);
        await Expect(page.Locator("#value-rows tr.explains").First).ToContainTextAsync("of the alarm");
        await MovesAsync(browser, "http_requests_total");
        await Expect(page.Locator("#value-rate")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex(@"4 metrics; \d+\.\d rows a second of 10; "));
        await Expect(page.Locator("#score-text")).ToContainTextAsync("against threshold");
        await browser.UntilAsync("Number(document.querySelector('#value-rate').textContent.match(/; (\\d+) shown/)?.[1]) > 60");
        await browser.PictureAsync("alarm-light");
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        await page.WaitForTimeoutAsync(1500); // the next drawing of every line
        await browser.PictureAsync("alarm-dark");

        pod.IsIll = false;
        await Expect(page.Locator("#alarm-rows tr.open").Filter(new() { HasText = "shop-1" })).ToHaveCountAsync(0);
        await Expect(page.Locator("#announcer")).ToContainTextAsync("Alarm over: pod shop-1");
        await Expect(page.Locator("#alarm-rows tr").Filter(new() { HasText = "shop-1" }).First).ToContainTextAsync("over");
        browser.WasQuiet(machine.Address);
    }

    [Fact]
    public async Task A_page_opened_later_has_the_past_alarm_and_the_pod_of_its_address()
    {
        await using var browser = await chromium.OpenAsync();
        using var machine = new WatchedMachine();
        using var pod = new ServedPod(machine.Socket, "shop-1");
        await browser.GoAsync(machine.Address);
        await Expect(browser.Row("shop-1").Locator(".state")).ToContainTextAsync("watched");
        pod.IsIll = true;
        await Expect(browser.Page.Locator("#alarm-rows tr.open")).ToHaveCountAsync(1);

        await using var later = await chromium.OpenAsync();
        await later.GoAsync(machine.Address, "#pod=shop-1");
        await Expect(later.Page.Locator("#alarm-rows tr.open")).ToContainTextAsync("shop-1");
        await Expect(later.Page.Locator("#detail-heading")).ToHaveTextAsync("shop-1");
        await MovesAsync(later, "http_requests_total");
        await Expect(later.Page.Locator("#announcer")).ToBeEmptyAsync(); // it was there before: no news
        later.WasQuiet(machine.Address);
    }

    /// <summary>A metric's value changes, and changes again.</summary>
    internal static async Task MovesAsync(BrowserPage browser, string metric)
    {
        var cell = browser.Page.Locator("#value-rows tr").Filter(new() { HasText = metric }).First.Locator("td").First;
        await Expect(cell).Not.ToBeEmptyAsync();
        for (var i = 0; i < 2; i++)
            await Expect(cell).Not.ToHaveTextAsync(await cell.InnerTextAsync());
    }
}

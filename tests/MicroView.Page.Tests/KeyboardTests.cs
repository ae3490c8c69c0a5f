using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace MicroView.Page.Tests;

/// <summary>The page without a mouse, without sight, and on a narrow screen.</summary>
[Trait("group", "slow")]
public sealed class KeyboardTests(Chromium chromium) : IClassFixture<Chromium>
{
    [Fact]
    public async Task Everything_is_reached_by_keys_and_the_focus_is_never_lost()
    {
        await using var browser = await chromium.OpenAsync();
        using var machine = new WatchedMachine("-s 0.1 --model none");
        using var a = new ServedPod(machine.Socket, "a");
        using var b = new ServedPod(machine.Socket, "b");
        using var c = new ServedPod(machine.Socket, "c");
        await browser.GoAsync(machine.Address);
        await Expect(browser.Rows).ToHaveCountAsync(3);
        var page = browser.Page;

        await PressAsync("Tab", "a.skip");
        await PressAsync("Tab", "#pod-search");
        await PressAsync("Tab", "#pod-state");
        for (var column = 1; column <= 7; column++)
            await PressAsync("Tab", $"#pod-columns th:nth-child({column}) button");
        await PressAsync("Tab", "#pod-rows tr:nth-child(1)");
        await PressAsync("ArrowDown", "#pod-rows tr:nth-child(2)");
        await PressAsync("End", "#pod-rows tr:nth-child(3)");
        await PressAsync("Home", "#pod-rows tr:nth-child(1)");
        await PressAsync("ArrowUp", "#pod-rows tr:nth-child(1)");
        await PressAsync("ArrowDown", "#pod-rows tr:nth-child(2)");
        Assert.Equal(1, await page.Locator("#pod-rows tr[tabindex='0']").CountAsync());
        await PressAsync("Enter", "#detail-heading");
        await Expect(page.Locator("#detail-heading")).ToHaveTextAsync("b");
        await Expect(page.Locator("#pod-rows tr[aria-selected='true']")).ToContainTextAsync("b");
        await PressAsync("Tab", "#detail-close");
        await PressAsync("Tab", "#value-search");
        await page.Keyboard.TypeAsync("queue");
        await Expect(page.Locator("#value-rows tr:visible")).ToHaveCountAsync(1);
        await page.Keyboard.PressAsync("Escape"); // clears the search first
        await Expect(page.Locator("#value-search")).ToHaveValueAsync("");
        await PressAsync("Escape", "#pod-rows tr:nth-child(2)");
        await Expect(page.Locator("#detail")).ToBeHiddenAsync();

        await page.Locator("#pod-columns th:nth-child(1) button").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#pod-columns th:nth-child(1)")).ToHaveAttributeAsync("aria-sort", "descending");
        await Expect(browser.Rows.First).ToContainTextAsync("c");
        browser.WasQuiet(machine.Address);

        async Task PressAsync(string key, string focused)
        {
            await page.Keyboard.PressAsync(key);
            await Expect(page.Locator(focused)).ToBeFocusedAsync();
        }
    }

    [Theory]
    [InlineData(ColorScheme.Light, 1400)]
    [InlineData(ColorScheme.Dark, 1400)]
    [InlineData(ColorScheme.Light, 360)]
    public async Task A_judge_of_accessibility_finds_nothing(ColorScheme scheme, int width)
    {
        await using var browser = await chromium.OpenAsync(scheme, width);
        using var machine = new WatchedMachine();
        using var pod = new ServedPod(machine.Socket, "shop-1");
        await browser.GoAsync(machine.Address);
        await Expect(browser.Row("shop-1").Locator(".state")).ToContainTextAsync("watched");
        pod.IsIll = true;
        await Expect(browser.Page.Locator("#alarm-rows tr.open")).ToHaveCountAsync(1);
        await browser.Row("shop-1").ClickAsync();
        await Expect(browser.Page.Locator("#value-rows tr")).ToHaveCountAsync(4);
        await browser.PictureAsync($"{scheme}-{width}".ToLowerInvariant());
        Assert.True(await browser.Page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= innerWidth"), "the page is wider than the screen");
        var result = await browser.Page.RunAxe();
        Assert.Empty(result.Violations.Select(found => $"{found.Id}: {found.Help}: {string.Join(" | ", found.Nodes.Select(node => node.Html))}"));
        Assert.NotEmpty(result.Passes);
    }
}

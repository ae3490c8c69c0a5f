using Microsoft.Playwright;
using MicroView.EndToEnd.Tests;
using MicroView.Protocol.Tests;
using static Microsoft.Playwright.Assertions;

namespace MicroView.Page.Tests;

/// <summary>The page as another machine sees it: at an address that is not loopback, over TLS.</summary>
[Trait("group", "slow")]
public sealed class TokenTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Token = "correct-horse-battery";

    [Fact]
    public async Task A_token_is_asked_for_once_and_shown_from_then_on()
    {
        await using var browser = await chromium.OpenAsync();
        using var network = TestNetwork.Create();
        using var certificates = new TestCertificates();
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("token"), Token, TestContext.Current.CancellationToken);
        var (certificate, key) = certificates.Issue("page", address: network.Address);
        using var machine = new WatchedMachine(
            $"-s 0.1 --model none --listen {network.Address} --listen-token-file {folder.File("token")} --tls-certificate {certificate} --tls-key {key}", $"https://{network.Address}");
        using var pod = new ServedPod(machine.Socket, "shop-1");
        await AskedAsync(browser, machine.Address);
        await browser.Page.Locator("#login-token").FillAsync("wrong");
        await browser.Page.Keyboard.PressAsync("Enter");
        await Expect(browser.Page.Locator("#login-reason")).ToHaveTextAsync("the token is not this collector's");
        await Expect(browser.Rows).ToHaveCountAsync(0);
        await browser.Page.Locator("#login-token").FillAsync(Token);
        await browser.Page.Keyboard.PressAsync("Enter");
        await browser.IsLiveAsync();
        await browser.Row("shop-1").ClickAsync();
        await AlarmPageTests.MovesAsync(browser, "queue_depth");
        Assert.DoesNotContain(Token, browser.Page.Url, StringComparison.Ordinal);
        Assert.DoesNotContain(Token, machine.Collector.Errors, StringComparison.Ordinal);
    }

    /// <summary>A browser gives up what it loads when the machine's network changes, as it has just done.</summary>
    private static async Task AskedAsync(BrowserPage browser, Uri address)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await browser.Page.GotoAsync(address.ToString());
                await Expect(browser.Page.Locator("#login")).ToBeVisibleAsync(new() { Timeout = 15_000 });
                return;
            }
            catch (PlaywrightException) when (attempt < 6)
            {
                await Task.Delay(1000, TestContext.Current.CancellationToken);
            }
        }
    }
}

using MicroView.EndToEnd.Tests;
using MicroView.Protocol;
using static Microsoft.Playwright.Assertions;

namespace MicroView.Page.Tests;

/// <summary>Pods choose their ids, services, metrics and labels; the page shows them, and does nothing that they say.</summary>
[Trait("group", "slow")]
public sealed class HostileNamesTests(Chromium chromium) : IClassFixture<Chromium>
{
    private const string Id = "<script>window.hit='id'</script>/../?a=b&c=\"'`%2e";
    private const string Service = "<img src=x onerror=window.hit='service'>";
    private const string Metric = "</td><svg onload=window.hit='metric'>";

    [Fact]
    public async Task Names_are_shown_as_they_are_and_nothing_in_them_runs()
    {
        await using var browser = await chromium.OpenAsync();
        using var machine = new WatchedMachine("-s 0.1 --model none");
        using var pod = RawPod.Connect(machine.Socket); // our own client would make a tidy id of it
        Assert.Equal(Id, Assert.IsType<AttachedReply>(await pod.AskAsync(new AttachRequest(Id, pod.Layout, Service), pod.Page)).Pod);
        Assert.IsType<DescribedReply>(await pod.AskAsync(new DescribeRequest(0, [new()
        {
            Name = Metric, Type = MetricType.Gauge, Help = "<iframe src=//evil.example>", Unit = "<b>",
            Labels = new() { ["l"] = "\"}<script>window.hit='label'</script>" },
        }])));
        pod.Store(0, 1);
        await browser.GoAsync(machine.Address);
        await Expect(browser.Rows).ToHaveCountAsync(1);
        await Expect(browser.Rows.Locator("th")).ToHaveTextAsync(Id);
        await Expect(browser.Rows.Locator("td").First).ToHaveTextAsync(Service);
        await browser.Rows.First.ClickAsync();
        await Expect(browser.Page.Locator("#detail-heading")).ToHaveTextAsync(Id);
        var value = browser.Page.Locator("#value-rows tr");
        await Expect(value).ToHaveCountAsync(1);
        await Expect(value.Locator("th")).ToHaveTextAsync(Metric + "{l=\"\"}<script>window.hit='label'</script>\"}");
        await Expect(value.Locator("td").First).ToHaveTextAsync("1 <b>");
        pod.Store(0, 2.5);
        await Expect(value.Locator("td").First).ToHaveTextAsync("2.5 <b>");
        await browser.Page.ReloadAsync(); // the id is in the address now
        await Expect(browser.Page.Locator("#detail-heading")).ToHaveTextAsync(Id);
        await Expect(value.Locator("td").First).ToHaveTextAsync("2.5 <b>");
        Assert.Equal("undefined", await browser.Page.EvaluateAsync<string>("typeof window.hit"));
        Assert.Equal(0, await browser.Page.Locator("main script, main img, main svg, main iframe").CountAsync());
        browser.WasQuiet(machine.Address);
    }

    [Fact]
    public async Task A_script_that_got_into_the_page_would_not_run()
    {
        await using var browser = await chromium.OpenAsync();
        using var machine = new WatchedMachine("-s 0.1 --model none");
        await browser.GoAsync(machine.Address);
        await browser.Page.EvaluateAsync("""
            () => {
                const script = document.createElement('script');
                script.textContent = "window.hit = 'inline'";
                document.body.append(script);
                const image = document.createElement('img');
                image.src = 'http://evil.example/x.png';
                image.setAttribute('onerror', "window.hit = 'attribute'");
                document.body.append(image);
            }
            """);
        await browser.Page.WaitForTimeoutAsync(500);
        Assert.Equal("undefined", await browser.Page.EvaluateAsync<string>("typeof window.hit"));
    }
}

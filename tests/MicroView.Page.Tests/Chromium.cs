using Microsoft.Playwright;

[assembly: CollectionBehavior(DisableTestParallelization = true)] // one browser on a machine that may have two cores

namespace MicroView.Page.Tests;

/// <summary>The distribution's Chromium, driven by Playwright.</summary>
public sealed class Chromium : IAsyncLifetime
{
    /// <summary>Generous: two cores may be shared with a whole test run.</summary>
    public const float DeadlineMs = 90_000;

    private static readonly string[] s_places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    /// <summary>Where it is; null: nowhere.</summary>
    public static string? Program { get; } = s_places.FirstOrDefault(File.Exists);

    public async ValueTask InitializeAsync()
    {
        if (Program is null)
            return;
        Assertions.SetDefaultExpectTimeout(DeadlineMs);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Program,
            Args = Environment.UserName == "root" ? ["--no-sandbox"] : [], // its sandbox refuses root
        });
    }

    /// <summary>An empty window of its own; skips the test where there is no Chromium.</summary>
    public async Task<BrowserPage> OpenAsync(ColorScheme scheme = ColorScheme.Light, int width = 1400, int height = 900)
    {
        if (_browser is null)
            Assert.Skip("no Chromium in /usr/bin (Debian: apt-get install chromium)");
        var context = await _browser.NewContextAsync(new() { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = height }, Locale = "en-GB", IgnoreHTTPSErrors = true /* authorities of tests */ });
        return new(context, await context.NewPageAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
    }
}

/// <summary>A page that keeps what must not happen: errors on the console, and requests to anywhere else.</summary>
public sealed class BrowserPage : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly List<string> _errors = [];
    private readonly List<Uri> _requests = [];

    public BrowserPage(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        page.SetDefaultTimeout(Chromium.DeadlineMs);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
                Add(_errors, $"{message.Type}: {message.Text} ({message.Location})");
        };
        page.PageError += (_, error) => Add(_errors, error);
        page.Request += (_, request) => Add(_requests, new Uri(request.Url));
    }

    public IPage Page { get; }

    public ILocator Connection => Page.Locator("#connection");

    public ILocator Rows => Page.Locator("#pod-rows tr");

    public ILocator Row(string pod) => Rows.Filter(new() { Has = Page.Locator("th", new() { HasTextString = pod }) }).First;

    /// <summary>Opens the collector's page and waits until it is live.</summary>
    public async Task GoAsync(Uri address, string more = "")
    {
        await Page.GotoAsync(new Uri(address, "/" + more).ToString());
        await IsLiveAsync();
    }

    public Task IsLiveAsync() => Assertions.Expect(Connection).ToHaveAttributeAsync("data-state", "live");

    /// <summary>Waits until a JavaScript expression holds. Playwright's own wait evaluates text inside the page, which the page's policy forbids.</summary>
    public async Task UntilAsync(string expression)
    {
        for (var end = DateTime.UtcNow.AddMilliseconds(Chromium.DeadlineMs); !await Page.EvaluateAsync<bool>(expression); await Task.Delay(100))
            Assert.True(DateTime.UtcNow < end, "never happened: " + expression);
    }

    /// <summary>Keeps a picture for whoever wants to see it.</summary>
    public async Task PictureAsync(string name)
    {
        var folder = Directory.CreateDirectory(System.IO.Path.Combine(AppContext.BaseDirectory, "Pictures"));
        await Page.ScreenshotAsync(new() { Path = System.IO.Path.Combine(folder.FullName, name + ".png"), FullPage = true });
    }

    /// <summary>No error on the console, and no request but to <paramref name="address"/>.</summary>
    public void WasQuiet(Uri address, string? but = null)
    {
        lock (_errors)
            Assert.DoesNotContain(_errors, error => but is null || !error.Contains(but, StringComparison.Ordinal));
        lock (_requests)
        {
            Assert.NotEmpty(_requests);
            Assert.All(_requests, request => Assert.Equal(address.GetLeftPart(UriPartial.Authority), request.GetLeftPart(UriPartial.Authority)));
        }
    }

    public async ValueTask DisposeAsync() => await _context.DisposeAsync();

    private static void Add<T>(List<T> list, T entry)
    {
        lock (list)
            list.Add(entry);
    }
}

using System.Globalization;
using MicroView.EndToEnd.Tests;

namespace MicroView.Tour.Tests;

/// <summary>samples/Shop: frontend, cart and stock, each a process, and a steady load on the frontend.</summary>
internal sealed class ShopProcesses : IDisposable
{
    public const double OrdersPerSecond = 40;

    private static readonly HttpClient s_http = new() { Timeout = Microview.Deadline };
    private readonly TemporaryFolder _folder;
    private readonly List<Microview> _processes = [];
    private readonly Uri _stock;

    public ShopProcesses(TemporaryFolder folder, string socket)
    {
        _folder = folder;
        _stock = Serve("stock", socket, null);
        var cart = Serve("cart", socket, _stock);
        var frontend = Serve("frontend", socket, cart);
        _processes.Add(Microview.StartProgram(Program, $"load --target {frontend} --rate {OrdersPerSecond}"));
    }

    private static string Program => Path.Combine(AppContext.BaseDirectory, "Shop");

    /// <summary>Makes the stock slow, or well again.</summary>
    public async Task SlowDownAsync(int milliseconds)
    {
        using var answer = await s_http.PostAsync(new Uri(_stock, $"fault?milliseconds={milliseconds}"), null, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Traces that began at the frontend in a range of time and were kept, of those that began.</summary>
    public double ShareKept(DateTime from, DateTime to)
    {
        using var file = new StreamReader(new FileStream(_folder.File("frontend.csv"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        var kept = 0;
        while (file.ReadLine() is { } line)
        {
            // The last line may be half written.
            if (line.Split(',') is not [var time, _, _, "root", ..] || !DateTime.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var began))
                continue;
            kept += began >= from && began < to ? 1 : 0;
        }
        return kept / (OrdersPerSecond * (to - from).TotalSeconds);
    }

    /// <summary>Every trace that the stock kept in the range was kept by the frontend as well.</summary>
    public bool AreWhole(DateTime from, DateTime to) =>
        Traces("stock", from, to).IsSubsetOf(Traces("frontend", from.AddSeconds(-5), to));

    public void Dispose()
    {
        foreach (var process in Enumerable.Reverse(_processes))
            process.Dispose();
    }

    public override string ToString() => string.Join('\n', _processes);

    private Uri Serve(string name, string socket, Uri? next)
    {
        var address = new Uri($"http://127.0.0.1:{Microview.FreePort()}/");
        var process = Microview.StartProgram(Program,
            $"{name} --urls {address.GetLeftPart(UriPartial.Authority)} --traces {_folder.File(name + ".csv")}{(next is null ? "" : $" --next {next.GetLeftPart(UriPartial.Authority)}")}",
            ("MICROVIEW_SOCKET", socket));
        _processes.Add(process);
        return address;
    }

    private HashSet<string> Traces(string service, DateTime from, DateTime to)
    {
        using var file = new StreamReader(new FileStream(_folder.File(service + ".csv"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        var traces = new HashSet<string>();
        while (file.ReadLine() is { } line)
            if (line.Split(',') is [var time, var trace, _, _, _, _, ..] && DateTime.TryParse(time, CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal, out var began) && began >= from && began < to)
                traces.Add(trace);
        return traces;
    }
}

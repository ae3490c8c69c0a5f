using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;

namespace MicroView.Lab.Tests;

/// <summary>The page as a browser reads it, held against the numbers of the run that wrote it.</summary>
public sealed class BacktestPageTests : IDisposable
{
    // A name that would be markup, were it not escaped.
    private const string Odd = "a<b> & 'c\"";

    private static readonly string[] LoadingElements = ["script", "link", "img", "iframe", "object", "embed", "base", "image", "use", "audio", "video", "form"];
    private static readonly string[] LoadingAttributes = ["src", "href", "srcset", "data", "poster", "action", "background", "style", "http-equiv"];

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    private static HistoryServer Server() => new()
    {
        Services = ["cart", "front", Odd],
        Faults = [("front", HistoryServer.Start + 4 * 3600), (Odd, HistoryServer.Start + 5 * 3600)],
    };

    private async Task<(XDocument Page, string Output)> Run(HistoryServer server, params string[] more)
    {
        var output = new StringWriter();
        var file = _scratch.Path("report.html");
        var result = LabCommandLine.BuildRootCommand().Parse(["backtest", "--prometheus", server.Url, "--since", $"{HistoryServer.Hours}h",
            "--until", CsvTime.Format(HistoryServer.End * 1_000_000_000), "--out", file, "--pause", "0", .. more]);
        Assert.Empty(result.Errors);
        Assert.Equal(0, await result.InvokeAsync(new InvocationConfiguration { Output = output, Error = TextWriter.Null, EnableDefaultExceptionHandler = false }));
        // Well-formed throughout, so that a strict parser reads what a browser reads.
        return (XDocument.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)), output.ToString());
    }

    private static XElement Table(XDocument page, string title) =>
        page.Descendants("h2").Single(heading => heading.Value == title).ElementsAfterSelf().First(element => element.Name == "div").Element("table")!;

    private static string[][] Cells(XElement table) => [.. table.Element("tbody")!.Elements("tr").Select(row => row.Elements("td").Select(cell => cell.Value).ToArray())];

    private static string Text(JsonElement element, string name) => element.GetProperty(name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : element.GetProperty(name).GetRawText();

    private static string Rounded(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    [Fact]
    public async Task The_page_says_what_the_run_says()
    {
        using var server = Server();
        var (page, json) = await Run(server, "--alerts", "--json");
        using var report = JsonDocument.Parse(json);
        var (services, alarms, alerts) = (List(report, "services"), List(report, "alarms"), List(report, "alerts"));
        Assert.Equal(["cart", "front", Odd], services.Select(service => Text(service, "service")).OrderBy(name => name.Length));
        Assert.True(alarms.Length >= 2);
        Assert.Equal(2, alerts.Length);
        Assert.Equal(services.Select(service => (string[])
            [Text(service, "service"), Text(service, "metrics"), Text(service, "left_out"), Text(service, "learnt"), Text(service, "judged"), Text(service, "alarms"), Text(service, "unconfirmed"),
             Rounded(service.GetProperty("false_per_day").GetDouble(), "0.00"), Text(service, "samples"),
             Rounded(100 * (1 - service.GetProperty("kept").GetDouble() / service.GetProperty("samples").GetDouble()), "0.0") + " %"]), Cells(Table(page, "Services")));
        Assert.Equal(alarms.Select(alarm => (string[])
            [Text(alarm, "start"), Text(alarm, "service"), Rounded(alarm.GetProperty("peak").GetDouble(), "0.0") + " ×",
             string.Concat(alarm.GetProperty("metrics").EnumerateArray().Select(share => $"{Rounded(100 * share.GetProperty("share").GetDouble(), "0")} %{Text(share, "metric")}")),
             string.Join(", ", alarm.GetProperty("alerts").EnumerateArray().Select(name => name.GetString()))]),
            Cells(Table(page, "Alarms you would have got")).Select(row => (string[])[row[0], .. row[2..]]));
        Assert.Equal(alerts.Select(alert => (string[])[Text(alert, "start"), Text(alert, "name"), Text(alert, "service")]),
            Cells(Table(page, "Lead over your alerts")).Select(row => (string[])[row[0], row[2], row[3]]));
        // Both alerts fire four minutes into their fault; the alarms are there by then.
        Assert.All(Cells(Table(page, "Lead over your alerts")), row => Assert.Matches(@"^\d+(\.\d)? (s|min)$", row[4]));
        AssertTimelines(page, services, alarms);
    }

    [Fact]
    public async Task The_sentences_of_the_page_are_those_of_the_summary()
    {
        using var server = Server();
        var (page, output) = await Run(server, "--alerts");
        var sentences = page.Descendants("li").Select(item => item.Value).ToArray();
        Assert.Equal(4, sentences.Length);
        Assert.Equal(sentences, output.TrimEnd().Split('\n')[^4..]);
        var (without, _) = await Run(server);
        Assert.DoesNotContain("Lead over your alerts", without.Descendants("h2").Select(heading => heading.Value));
    }

    [Fact]
    public async Task The_page_loads_nothing_from_anywhere()
    {
        using var server = Server();
        var (page, _) = await Run(server, "--alerts");
        Assert.Empty(page.Descendants().Select(element => element.Name.LocalName).Intersect(LoadingElements));
        var loading = page.Descendants().Attributes().Where(attribute => LoadingAttributes.Contains(attribute.Name.LocalName) || attribute.Name.LocalName.StartsWith("on", StringComparison.Ordinal));
        // Colours of the key and places on the time axis are all that an attribute may style.
        Assert.All(loading, attribute => Assert.Matches(@"^style=""(background:var\(--\w+\)|left:[\d.]+%)""$", attribute.ToString()));
        foreach (var outside in (string[])["url(", "@import", "@font-face"])
            Assert.DoesNotContain(outside, page.Descendants("style").Single().Value);
    }

    private static JsonElement[] List(JsonDocument report, string name) => [.. report.RootElement.GetProperty(name).EnumerateArray()];

    private static void AssertTimelines(XDocument page, JsonElement[] services, JsonElement[] alarms)
    {
        var pictures = page.Descendants("svg").ToArray();
        Assert.Equal(services.Select(service => $"scores of {Text(service, "service")}"), pictures.Select(picture => picture.Attribute("aria-label")!.Value));
        foreach (var (picture, service) in pictures.Zip(services))
        {
            double[] box = [.. picture.Attribute("viewBox")!.Value.Split(' ').Select(Number)];
            Assert.Equal([0, 0], box[..2]);
            var own = alarms.Where(alarm => Text(alarm, "service") == Text(service, "service")).Select(alarm => $"alarm {Text(alarm, "start")}");
            var bars = picture.Elements("rect").ToArray();
            Assert.Equal(own, bars.Where(bar => bar.Attribute("class")!.Value == "alarm").Select(bar => bar.Element("title")!.Value));
            Assert.All(bars, bar => Assert.InRange(Number(bar.Attribute("x")!.Value), 0, box[2]));
            var points = picture.Element("path")!.Attribute("d")!.Value.Split(['M', 'L'], StringSplitOptions.RemoveEmptyEntries).Select(point => point.Split(' ')).ToArray();
            Assert.True(points.Length > 100);
            // Six hours, of which the first three tenths are learnt from: every round hour of the rest is on the axis.
            Assert.Equal(["02:00", "03:00", "04:00", "05:00"], picture.ElementsAfterSelf("div").First().Elements("span").Select(label => label.Value));
            Assert.All(points, point => Assert.True(Number(point[0]) >= 0 && Number(point[0]) < box[2] && Number(point[1]) >= 0 && Number(point[1]) <= box[3]));
        }
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}

using System.Text;
using Microsoft.Extensions.Logging;

namespace MicroView.Host.Tests;

public sealed class TargetFileTests
{
    private static readonly string[] s_service = ["service", "job"];

    [Fact]
    public void Json_and_yaml_say_the_same()
    {
        var json = TargetFile.Parse("""
            [ {"targets": ["a:1", "b:2"], "labels": {"job": "carts", "n": "5"}},
              {"targets": []}, {"targets": ["c"], "labels": null} ]
            """u8.ToArray(), json: true);
        var yaml = TargetFile.Parse("""
            # comment
            - targets: [a:1, "b:2"]
              labels:
                job: carts
                n: 5
            - targets: []
            - {targets: [c], labels: }
            """u8.ToArray(), json: false);
        Assert.Equal(["a:1", "b:2"], json[0].Targets);
        Assert.Equal(json.Select(group => string.Join(',', group.Targets)), yaml.Select(group => string.Join(',', group.Targets)));
        Assert.Equal(json[0].Labels, yaml[0].Labels);
        Assert.Equal("5", yaml[0].Labels["n"]);
        Assert.Empty(TargetFile.Parse([], json: false));
        Assert.Empty(TargetFile.Parse("[]"u8.ToArray(), json: true));
    }

    [Theory]
    [InlineData(true, "", 1)]
    [InlineData(true, "[\n{\"targets\": [\n5]}]", 3)]
    [InlineData(true, "{\"targets\": []}", 1)]
    [InlineData(true, "[\n{\"target\": []}]", 2)]
    [InlineData(true, "[{\"targets\": [],\n\"labels\": {\"a\": 1}}]", 2)]
    [InlineData(true, "[{\"targets\": [", 1)]
    [InlineData(true, "[] []", 1)]
    [InlineData(false, "targets: [a]", 1)]
    [InlineData(false, "- targets: [a]\n- b", 2)]
    [InlineData(false, "- targets: [a]\n  labels: [b]", 2)]
    [InlineData(false, "- targets: [a]\n  lables: {}", 2)]
    [InlineData(false, "- &a {targets: [x]}\n- *a", 2)]
    [InlineData(false, "- targets: [a\n  : {", 2)]
    public void What_is_wrong_has_its_line(bool json, string text, int line)
    {
        var problem = Assert.Throws<TargetFileException>(() => TargetFile.Parse(Encoding.UTF8.GetBytes(text), json)).Message;
        Assert.StartsWith($"line {line}: ", problem);
        Assert.DoesNotContain('\n', problem);
    }

    [Fact]
    public void Labels_say_how_to_scrape_what_the_pod_is_called_and_what_its_service_is()
    {
        var target = ScrapeTarget.FromGroup("node1:9100", new Dictionary<string, string>
        {
            ["__scheme__"] = "https", ["__metrics_path__"] = "/probe", ["__param_target"] = "a b", ["__param_module"] = "http", ["__meta_x"] = "y", ["job"] = "node", ["rack"] = "7",
        }, s_service, out _)!;
        Assert.Equal("https://node1:9100/probe?module=http&target=a%20b", target.Url.AbsoluteUri);
        Assert.Equal("node1:9100/probe?module=http&target=a%20b", target.Name);
        Assert.Equal("node", target.Identity.Service);
        Assert.Equal("instance=node1:9100,job=node,rack=7,source=scrape", string.Join(',', target.Identity.Labels!.Select(label => $"{label.Key}={label.Value}")));
        var named = ScrapeTarget.FromGroup("node1", new Dictionary<string, string> { ["__pod__"] = "carts-0", ["service"] = "carts", ["job"] = "x" }, s_service, out _)!;
        Assert.Equal(("carts-0", "carts", "http://node1/metrics"), (named.Name, named.Identity.Service, named.Url.AbsoluteUri));
        Assert.Equal("instance=node1:80,job=x,source=scrape", string.Join(',', named.Identity.Labels!.Select(label => $"{label.Key}={label.Value}")));
        Assert.Equal("carts", ScrapeTarget.FromText("carts=http://h:1/m?a=b", out _)!.Identity.Service);
        Assert.Null(ScrapeTarget.FromText("http://h:1/m?a=b", out _)!.Identity.Service);
    }

    [Theory]
    [InlineData("ftp://a/b")]
    [InlineData("file:///etc/passwd")]
    [InlineData("http://")]
    [InlineData("nonsense")]
    [InlineData("http://user:secret@host/")]
    public void Only_http_and_https_without_a_password_are_targets(string text)
    {
        Assert.Null(ScrapeTarget.FromText(text, out var problem));
        Assert.DoesNotContain("secret", problem);
        Assert.StartsWith("--scrape: ", new ScrapeInOptions { Targets = [text] }.Check());
    }

    [Fact]
    public void A_bad_file_is_told_once_with_its_place_and_its_former_targets_stay()
    {
        var folder = Directory.CreateTempSubdirectory("mvf").FullName;
        var (first, second) = (Path.Combine(folder, "a.json"), Path.Combine(folder, "b.json"));
        var log = new KeptLog();
        var files = new TargetFiles(Path.Combine(folder, "*.json"), s_service, log);
        files.Look();
        files.Look();
        Assert.Single(log.Lines);
        Write(first, "[{\"targets\": [\"a:1\"]}]");
        Write(second, "[{\"targets\": [\"b:1\"]}]");
        File.WriteAllText(Path.Combine(folder, "c.yml"), "- targets: [c:1]");
        files.Look();
        Assert.Equal(["a:1/metrics", "b:1/metrics"], files.Targets.Select(target => target.Name).Order());
        Write(first, "[{\"targets\": [\"a:1\"");
        for (var look = 0; look < 5; look++)
            files.Look();
        Assert.Equal(1, files.Broken);
        Assert.Equal(2, files.Targets.Count());
        var told = Assert.Single(log.Lines.Skip(1));
        Assert.Contains($"{first}: line 1: ", told);
        Assert.Contains("1 former targets stay", told);
        Write(first, "[{\"targets\": [\"a:1\", \"a:2\"]}]", DateTime.UtcNow.AddSeconds(-50));
        File.Delete(second);
        files.Look();
        Assert.Equal(3, files.Targets.Count()); // an editor may be at work
        files.Look();
        Assert.Equal((0, 2), (files.Broken, files.Targets.Count()));
        Write(first, "[{\"targets\": [\"http://\"]}]", DateTime.UtcNow.AddSeconds(-40));
        files.Look();
        Assert.Contains("line 1: 'http://' is not an address", log.Lines[^1]);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_file_in_the_middle_of_a_write_is_not_complained_of()
    {
        var folder = Directory.CreateTempSubdirectory("mvf").FullName;
        var path = Path.Combine(folder, "a.yml");
        var log = new KeptLog();
        var files = new TargetFiles(path, s_service, log);
        File.WriteAllText(path, "- targets: [a:1");
        files.Look();
        File.WriteAllText(path, "- targets: [a:1, b:1]\n");
        files.Look();
        Assert.Empty(log.Lines);
        Assert.Equal(2, files.Targets.Count());
        Directory.Delete(folder, recursive: true);
    }

    private static void Write(string path, string text, DateTime? time = null)
    {
        File.WriteAllText(path, text);
        File.SetLastWriteTimeUtc(path, time ?? DateTime.UtcNow.AddSeconds(-100 + text.Length)); // long settled, and different each time
    }
}

/// <summary>Keeps log lines.</summary>
internal sealed class KeptLog : ILogger
{
    private readonly List<string> _lines = [];

    internal string[] Lines { get { lock (_lines) return [.. _lines]; } }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lines)
            _lines.Add(formatter(state, exception));
    }
}

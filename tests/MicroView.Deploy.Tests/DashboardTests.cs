using System.Text.Json;
using MicroView.Repository.Tests;
using YamlDotNet.RepresentationModel;

namespace MicroView.Deploy.Tests;

/// <summary>What Grafana needs of a classic dashboard and of its provisioning.</summary>
public sealed class DashboardTests
{
    private static readonly string[] Kinds = ["row", "stat", "timeseries", "table", "state-timeline"];

    internal static IReadOnlyList<JsonElement> Panels() => [.. Root().GetProperty("panels").EnumerateArray()];

    [Fact]
    public void Panels_have_places_of_their_own_and_ask_the_chosen_datasource()
    {
        var panels = Panels();
        Assert.Equal(panels.Count, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
        var taken = new HashSet<(int, int)>();
        foreach (var panel in panels)
        {
            Assert.Contains(panel.GetProperty("type").GetString(), Kinds);
            Assert.False(string.IsNullOrWhiteSpace(panel.GetProperty("title").GetString()));
            var place = panel.GetProperty("gridPos");
            var (x, y, w, h) = (place.GetProperty("x").GetInt32(), place.GetProperty("y").GetInt32(), place.GetProperty("w").GetInt32(), place.GetProperty("h").GetInt32());
            Assert.True(x >= 0 && x + w <= 24);
            for (var column = x; column < x + w; column++)
                for (var line = y; line < y + h; line++)
                    Assert.True(taken.Add((column, line)), $"panel '{panel.GetProperty("title")}' overlaps another at {column},{line}");
            if (panel.GetProperty("type").GetString() == "row")
                continue;
            Assert.NotEmpty(panel.GetProperty("targets").EnumerateArray());
            foreach (var target in panel.GetProperty("targets").EnumerateArray())
                Assert.Equal("${datasource}", target.GetProperty("datasource").GetProperty("uid").GetString());
        }
    }

    [Fact]
    public void The_dashboard_is_a_classic_one_with_its_variables()
    {
        var root = Root();
        Assert.True(root.GetProperty("schemaVersion").GetInt32() >= 36);
        Assert.Equal("microview", root.GetProperty("uid").GetString());
        Assert.False(root.TryGetProperty("id", out _)); // Grafana's own
        Assert.Equal(["datasource", "service", "pod"], root.GetProperty("templating").GetProperty("list").EnumerateArray().Select(entry => entry.GetProperty("name").GetString()));
    }

    [Fact]
    public void Provisioning_names_a_folder_of_files()
    {
        var document = Yaml.Load("deploy/grafana/provisioning/dashboards/microview.yml").Single();
        Assert.Equal("1", Yaml.Text(document, "apiVersion"));
        var provider = ((YamlSequenceNode)Yaml.At(document, "providers")).Children.Single();
        Assert.Equal("file", Yaml.Text(provider, "type"));
        Assert.StartsWith("/", Yaml.Text(Yaml.At(provider, "options"), "path"), StringComparison.Ordinal);
        var sources = Yaml.Load("deploy/grafana/provisioning/datasources/prometheus.yml").Single();
        Assert.Equal("1", Yaml.Text(sources, "apiVersion"));
        Assert.Equal("prometheus", Yaml.Text(((YamlSequenceNode)Yaml.At(sources, "datasources")).Children.Single(), "type"));
    }

    private static JsonElement Root() => JsonDocument.Parse(Checkout.Read("deploy/grafana/dashboards/microview.json")).RootElement;
}

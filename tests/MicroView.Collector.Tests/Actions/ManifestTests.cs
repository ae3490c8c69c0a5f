using YamlDotNet.RepresentationModel;

namespace MicroView.Collector.Tests;

/// <summary>The manifests of deploy/, which no cluster has run: their fields, against those that the kinds have and we use.</summary>
public sealed class ManifestTests
{
    private const string Map = "map", List = "list", Text = "text", Whole = "whole";

    private static readonly string s_behavior =
        "{0}: map; {0}.scaleUp: map; {0}.scaleUp.stabilizationWindowSeconds: whole; {0}.scaleUp.policies: list; {0}.scaleUp.policies[].type: text; {0}.scaleUp.policies[].value: whole; " +
        "{0}.scaleUp.policies[].periodSeconds: whole; {0}.scaleDown: map; {0}.scaleDown.stabilizationWindowSeconds: whole; {0}.scaleDown.policies: list; {0}.scaleDown.policies[].type: text; " +
        "{0}.scaleDown.policies[].value: whole; {0}.scaleDown.policies[].periodSeconds: whole; ";

    // Paths by kind; a field that is not here is unknown to Kubernetes, or not meant.
    private static readonly Dictionary<string, string> s_schemas = new()
    {
        ["keda.sh/v1alpha1 ScaledObject"] =
            "spec.scaleTargetRef: map; spec.scaleTargetRef.name: text; spec.minReplicaCount: whole; spec.maxReplicaCount: whole; spec.pollingInterval: whole; spec.cooldownPeriod: whole; " +
            "spec.advanced: map; spec.advanced.horizontalPodAutoscalerConfig: map; " + s_behavior.Replace("{0}", "spec.advanced.horizontalPodAutoscalerConfig.behavior", StringComparison.Ordinal) +
            "spec.triggers: list; spec.triggers[].type: text; spec.triggers[].metricType: text; spec.triggers[].metadata: map; spec.triggers[].metadata.*: text; " +
            "spec.triggers[].authenticationRef: map; spec.triggers[].authenticationRef.name: text",
        ["keda.sh/v1alpha1 TriggerAuthentication"] =
            "spec.secretTargetRef: list; spec.secretTargetRef[].parameter: text; spec.secretTargetRef[].name: text; spec.secretTargetRef[].key: text",
        ["autoscaling/v2 HorizontalPodAutoscaler"] =
            "spec.scaleTargetRef: map; spec.scaleTargetRef.apiVersion: text; spec.scaleTargetRef.kind: text; spec.scaleTargetRef.name: text; spec.minReplicas: whole; spec.maxReplicas: whole; " +
            s_behavior.Replace("{0}", "spec.behavior", StringComparison.Ordinal) +
            "spec.metrics: list; spec.metrics[].type: text; spec.metrics[].external: map; spec.metrics[].external.metric: map; spec.metrics[].external.metric.name: text; " +
            "spec.metrics[].external.metric.selector: map; spec.metrics[].external.metric.selector.matchLabels: map; spec.metrics[].external.metric.selector.matchLabels.*: text; " +
            "spec.metrics[].external.target: map; spec.metrics[].external.target.type: text; spec.metrics[].external.target.value: text",
        ["prometheus-adapter"] =
            "externalRules: list; externalRules[].seriesQuery: text; externalRules[].resources: map; externalRules[].resources.namespaced: text; externalRules[].name: map; " +
            "externalRules[].name.as: text; externalRules[].metricsQuery: text",
    };

    public static TheoryData<string> Files() =>
        [.. ((string[])["keda", "hpa"]).SelectMany(folder => Directory.GetFiles(Path.Combine(Root(), "deploy", folder), "*.yaml")).Select(file => Path.GetRelativePath(Root(), file)).Order()];

    [Theory, MemberData(nameof(Files))]
    public void Every_field_of_a_manifest_is_one_that_its_kind_has(string file)
    {
        var documents = Documents(file);
        Assert.NotEmpty(documents);
        foreach (var document in documents)
        {
            var kind = document.Children.ContainsKey("kind") ? $"{document["apiVersion"]} {document["kind"]}" : "prometheus-adapter";
            Assert.True(s_schemas.TryGetValue(kind, out var schema), $"{file}: {kind}");
            var fields = (kind == "prometheus-adapter" ? schema : "apiVersion: text; kind: text; metadata: map; metadata.name: text; metadata.namespace: text; spec: map; " + schema)
                .Split("; ", StringSplitOptions.RemoveEmptyEntries).Select(entry => entry.Split(": ")).ToDictionary(entry => entry[0], entry => entry[1]);
            Check(document, "", fields, file);
        }
        Assert.Contains("Not run on a cluster", File.ReadAllText(Path.Combine(Root(), file)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_check_finds_a_field_that_is_misspelt() =>
        Assert.ThrowsAny<Xunit.Sdk.XunitException>(() => Check(Parse("spec: {maxReplicas: 3}")[0], "", new() { ["spec"] = Map, ["spec.maxReplicaCount"] = Whole }, "t"));

    [Fact]
    public void Triggers_of_ours_are_read_as_the_collector_reads_them()
    {
        var triggers = Documents("deploy/keda/scaledobject.yaml").Where(document => document["kind"].ToString() == "ScaledObject").SelectMany(document => (YamlSequenceNode)document["spec"]["triggers"]).ToArray();
        Assert.Equal(["external", "external-push"], triggers.Select(trigger => trigger["type"].ToString()));
        foreach (var trigger in triggers)
            _ = ScalerTrigger.Parse(((YamlMappingNode)trigger["metadata"]).ToDictionary(entry => entry.Key.ToString(), entry => entry.Value.ToString()));
    }

    [Fact]
    public void Series_that_manifests_ask_for_are_series_that_there_are()
    {
        var text = string.Concat(Files().Select(row => File.ReadAllText(Path.Combine(Root(), row.Data))));
        foreach (var name in System.Text.RegularExpressions.Regex.Matches(text, "microview_[a-z_]+").Select(match => match.Value).Distinct())
            Assert.Contains(name, (string[])["microview_application_score_ratio", "microview_application_alarms"]);
    }

    private static void Check(YamlNode node, string path, Dictionary<string, string> fields, string file)
    {
        if (path.Length > 0)
        {
            var place = fields.ContainsKey(path) ? path : path[..(path.LastIndexOf('.') + 1)] + "*";
            Assert.True(fields.TryGetValue(place, out var kind), $"{file}: there is no field {path}");
            var isNumber = node is YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain } scalar && int.TryParse(scalar.Value, out _);
            Assert.True(kind switch { Map => node is YamlMappingNode, List => node is YamlSequenceNode, Whole => isNumber, _ => node is YamlScalarNode && !isNumber }, $"{file}: {path} is not of kind {kind}");
        }
        if (node is YamlMappingNode map)
            foreach (var (key, value) in map)
                Check(value, path.Length == 0 ? key.ToString() : $"{path}.{key}", fields, file);
        else if (node is YamlSequenceNode list)
            foreach (var entry in list.OfType<YamlMappingNode>().SelectMany(entry => entry))
                Check(entry.Value, $"{path}[].{entry.Key}", fields, file);
    }

    private static YamlMappingNode[] Documents(string file) => Parse(File.ReadAllText(Path.Combine(Root(), file)));

    private static YamlMappingNode[] Parse(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return [.. stream.Documents.Select(document => (YamlMappingNode)document.RootNode)];
    }

    private static string Root()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "MicroView.slnx")))
                return folder.FullName;
        throw new InvalidOperationException("the tests run outside the repository");
    }
}

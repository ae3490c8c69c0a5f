using System.Text.RegularExpressions;
using MicroView.Repository.Tests;
using YamlDotNet.RepresentationModel;

namespace MicroView.Deploy.Tests;

/// <summary>The Kubernetes manifest against the fields of the API that it uses (Kubernetes 1.30 and later), and against our own parser.</summary>
public sealed class ManifestTests
{
    private const string Manifest = "deploy/kubernetes/daemonset.yaml";
    private const string Name = "[a-z0-9]([-a-z0-9]*[a-z0-9])?", Path = "/[-a-zA-Z0-9_./]*", Flag = "true|false", Number = "[0-9]+", Memory = "[0-9]+(Mi|Gi)";
    private const string Pod = "spec.template.spec.", Container = Pod + "containers[].", Security = Container + "securityContext.", Volume = Pod + "volumes[].";

    private static readonly Dictionary<string, string> Fields = new(StringComparer.Ordinal)
    {
        ["apiVersion"] = "v1|apps/v1", ["kind"] = "Namespace|ServiceAccount|DaemonSet", ["metadata.name"] = Name, ["metadata.namespace"] = Name,
        ["metadata.labels.app.kubernetes.io/name"] = Name, ["metadata.labels.pod-security.kubernetes.io/enforce"] = "privileged|baseline|restricted",
        ["automountServiceAccountToken"] = Flag,
        ["spec.selector.matchLabels.app.kubernetes.io/name"] = Name, ["spec.template.metadata.labels.app.kubernetes.io/name"] = Name,
        ["spec.updateStrategy.type"] = "RollingUpdate|OnDelete", ["spec.updateStrategy.rollingUpdate.maxUnavailable"] = "[0-9]+%?",
        [Pod + "serviceAccountName"] = Name, [Pod + "automountServiceAccountToken"] = Flag, [Pod + "hostPID"] = Flag, [Pod + "hostNetwork"] = Flag,
        [Pod + "dnsPolicy"] = "ClusterFirst|ClusterFirstWithHostNet|Default|None", [Pod + "terminationGracePeriodSeconds"] = Number, [Pod + "priorityClassName"] = Name,
        [Pod + "tolerations[].operator"] = "Exists|Equal",
        [Container + "name"] = Name, [Container + "image"] = "[-a-z0-9./]+:[-a-z0-9.]+", [Container + "args[]"] = ".+",
        [Security + "runAsUser"] = Number, [Security + "allowPrivilegeEscalation"] = Flag, [Security + "readOnlyRootFilesystem"] = Flag,
        [Security + "capabilities.drop[]"] = "[A-Z_]+", [Security + "capabilities.add[]"] = "(?!CAP_)[A-Z_]+", [Security + "seccompProfile.type"] = "RuntimeDefault|Unconfined|Localhost",
        [Container + "livenessProbe.httpGet.host"] = @"127\.0\.0\.1", [Container + "livenessProbe.httpGet.path"] = "/livez", [Container + "livenessProbe.httpGet.port"] = "8000",
        [Container + "livenessProbe.periodSeconds"] = Number,
        [Container + "readinessProbe.httpGet.host"] = @"127\.0\.0\.1", [Container + "readinessProbe.httpGet.path"] = "/readyz", [Container + "readinessProbe.httpGet.port"] = "8000",
        [Container + "readinessProbe.periodSeconds"] = Number,
        [Container + "resources.requests.cpu"] = "[0-9]+m?", [Container + "resources.requests.memory"] = Memory, [Container + "resources.limits.memory"] = Memory,
        [Container + "volumeMounts[].name"] = Name, [Container + "volumeMounts[].mountPath"] = Path, [Container + "volumeMounts[].readOnly"] = Flag,
        [Volume + "name"] = Name, [Volume + "hostPath.path"] = Path, [Volume + "hostPath.type"] = "Directory|DirectoryOrCreate|File|Socket",
        [Volume + "emptyDir.medium"] = "Memory", [Volume + "emptyDir.sizeLimit"] = Memory,
    };

    [Fact]
    public void Every_field_is_one_of_the_API_and_holds_what_it_may()
    {
        var documents = Yaml.Load(Manifest);
        Assert.Equal(["Namespace", "ServiceAccount", "DaemonSet"], documents.Select(document => Yaml.Text(document, "kind")));
        foreach (var (path, value) in documents.SelectMany(document => Yaml.Leaves(document)))
        {
            Assert.True(Fields.TryGetValue(path, out var allowed), $"{path} is no field that this test knows");
            Assert.True(Regex.IsMatch(value, $"^({allowed})$"), $"{path}: {value}");
        }
    }

    [Fact]
    public void What_one_part_names_another_part_has()
    {
        var set = Yaml.Load(Manifest)[2];
        var leaves = Yaml.Leaves(set).ToLookup(leaf => leaf.Path, leaf => leaf.Value);
        Assert.Equal(leaves["spec.selector.matchLabels.app.kubernetes.io/name"], leaves["spec.template.metadata.labels.app.kubernetes.io/name"]);
        Assert.Equal(leaves[Volume + "name"].Order(), leaves[Container + "volumeMounts[].name"].Order());
        Assert.Equal("ClusterFirstWithHostNet", leaves[Pod + "dnsPolicy"].Single());
        Assert.Equal(Yaml.Text(Yaml.At(Yaml.Load(Manifest)[1], "metadata"), "name"), leaves[Pod + "serviceAccountName"].Single());
        Assert.DoesNotContain("true", leaves[Security + "allowPrivilegeEscalation"]);
        Assert.Empty(Tool.ErrorsOf([.. leaves[Container + "args[]"]]));
    }

    [Fact]
    public void A_field_that_is_misspelt_is_found()
    {
        var node = (YamlMappingNode)Yaml.Load(Manifest)[2];
        node.Add("specs", new YamlMappingNode("hostPid", "true"));
        Assert.Contains(Yaml.Leaves(node), leaf => !Fields.ContainsKey(leaf.Path));
    }

    [Fact]
    public void The_container_is_built_from_what_the_repository_has_and_starts_a_command_of_ours()
    {
        var lines = Checkout.Lines("deploy/container/Containerfile").Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToArray();
        var stages = lines.Where(line => line[0] == "FROM" && line.Length == 4).Select(line => line[3]).ToArray();
        Assert.Equal(2, lines.Count(line => line[0] == "FROM"));
        Assert.All(lines, line => Assert.Contains(line[0], (string[])["FROM", "ARG", "RUN", "WORKDIR", "COPY", "USER", "ENTRYPOINT", "CMD"]));
        foreach (var copy in lines.Where(line => line[0] == "COPY"))
        {
            if (copy[1].StartsWith("--from=", StringComparison.Ordinal))
            {
                Assert.Contains(copy[1]["--from=".Length..], stages);
                continue;
            }
            foreach (var source in copy[1..^1])
                Assert.True(System.IO.Path.Exists(System.IO.Path.Combine(Checkout.Root, source)), $"COPY {source}: there is no such file");
        }
        var command = System.Text.Json.JsonSerializer.Deserialize<string[]>(string.Join(' ', lines.Single(line => line[0] == "CMD")[1..]))!;
        Assert.Empty(Tool.ErrorsOf(command));
        Assert.Contains("dotnet publish src/MicroView.Cli ", string.Join('\n', lines.Select(line => string.Join(' ', line))), StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_not_run_on_a_cluster_says_so()
    {
        foreach (var file in Checkout.Files("*", "deploy/container", "deploy/kubernetes", "deploy/systemd"))
            Assert.StartsWith("# Not run on a cluster.", Checkout.Read(file), StringComparison.Ordinal);
    }
}

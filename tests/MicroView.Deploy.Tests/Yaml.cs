using MicroView.Repository.Tests;
using YamlDotNet.RepresentationModel;

namespace MicroView.Deploy.Tests;

/// <summary>YAML files of the repository.</summary>
internal static class Yaml
{
    public static IReadOnlyList<YamlNode> Load(string file)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(Checkout.Read(file)));
        return [.. stream.Documents.Select(document => document.RootNode)];
    }

    public static YamlNode At(YamlNode node, string key) => ((YamlMappingNode)node).Children[new YamlScalarNode(key)];

    public static string Text(YamlNode node, string key) => ((YamlScalarNode)At(node, key)).Value!;

    /// <summary>Every scalar with its path, such as <c>spec.containers[].name</c>.</summary>
    public static IEnumerable<(string Path, string Value)> Leaves(YamlNode node, string path = "") => node switch
    {
        YamlMappingNode map => map.Children.SelectMany(pair => Leaves(pair.Value, path + (path.Length > 0 ? "." : "") + ((YamlScalarNode)pair.Key).Value)),
        YamlSequenceNode list => list.Children.SelectMany(child => Leaves(child, path + "[]")),
        _ => [(path, ((YamlScalarNode)node).Value ?? "")],
    };
}

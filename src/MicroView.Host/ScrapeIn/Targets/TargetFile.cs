using System.Text;
using System.Text.Json;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace MicroView.Host;

/// <summary>A list of targets that cannot be taken; the message begins with the line.</summary>
internal sealed class TargetFileException(long line, string problem) : Exception($"line {line}: {problem}");

/// <summary>One group of Prometheus' file_sd.</summary>
/// <param name="Line">Where it begins.</param>
/// <param name="Targets">Addresses.</param>
/// <param name="Labels">Labels of each.</param>
internal sealed record TargetGroup(long Line, List<string> Targets, Dictionary<string, string> Labels);

/// <summary>Reads Prometheus' file_sd, JSON or YAML. Pure functions.</summary>
internal static class TargetFile
{
    /// <summary>Bytes of a file: a hundred thousand targets.</summary>
    internal const int MaxBytes = 16 << 20;

    /// <summary>Files whose name ends so are read as JSON, others as YAML.</summary>
    internal const string JsonEnding = ".json";

    /// <exception cref="TargetFileException">It is not of the format.</exception>
    internal static List<TargetGroup> Parse(byte[] content, bool json)
    {
        try
        {
            return json ? ReadJson(content) : ReadYaml(new Parser(new StringReader(new UTF8Encoding(false, true).GetString(content))));
        }
        catch (JsonException error)
        {
            throw new TargetFileException((error.LineNumber ?? 0) + 1, "it is not JSON: " + FirstLine(error.Message));
        }
        catch (YamlException error)
        {
            throw new TargetFileException(error.Start.Line, "it is not YAML: " + FirstLine(error.Message));
        }
        catch (DecoderFallbackException)
        {
            throw new TargetFileException(1, "it is not UTF-8");
        }
    }

    private static string FirstLine(string message) => message.Split(['\n', '\r'])[0].TrimEnd('.');

    private static List<TargetGroup> ReadJson(byte[] content)
    {
        var groups = new List<TargetGroup>();
        var reader = new Utf8JsonReader(content.AsSpan().StartsWith("\uFEFF"u8) ? content.AsSpan(3) : content);
        reader.Read();
        Need(reader, JsonTokenType.StartArray, content, "a list of groups is expected: [{\"targets\": [\"host:port\"], \"labels\": {}}]");
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            Need(reader, JsonTokenType.StartObject, content, "a group is expected: {\"targets\": [\"host:port\"], \"labels\": {}}");
            var group = new TargetGroup(Line(reader, content), [], new(StringComparer.Ordinal));
            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
                ReadMember(ref reader, content, group);
            groups.Add(group);
        }
        while (reader.Read()) // nothing may follow
        {
        }
        return groups;
    }

    private static void ReadMember(ref Utf8JsonReader reader, byte[] content, TargetGroup group)
    {
        var name = reader.GetString()!;
        reader.Read();
        if (name == "targets")
        {
            Need(reader, JsonTokenType.StartArray, content, "targets must be a list of strings");
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                Need(reader, JsonTokenType.String, content, "a target must be a string such as \"host:port\"");
                group.Targets.Add(reader.GetString()!);
            }
        }
        else if (name == "labels")
        {
            if (reader.TokenType == JsonTokenType.Null)
                return;
            Need(reader, JsonTokenType.StartObject, content, "labels must be an object of strings");
            while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
            {
                var label = reader.GetString()!;
                reader.Read();
                Need(reader, JsonTokenType.String, content, $"label '{label}' must be a string");
                group.Labels[label] = reader.GetString()!;
            }
        }
        else
        {
            throw new TargetFileException(Line(reader, content), $"'{name}' is neither targets nor labels");
        }
    }

    private static void Need(in Utf8JsonReader reader, JsonTokenType type, byte[] content, string problem)
    {
        if (reader.TokenType != type)
            throw new TargetFileException(Line(reader, content), problem);
    }

    private static long Line(in Utf8JsonReader reader, byte[] content) => 1 + content.AsSpan(0, (int)reader.TokenStartIndex).Count((byte)'\n');

    private static List<TargetGroup> ReadYaml(Parser parser)
    {
        var groups = new List<TargetGroup>();
        parser.Consume<StreamStart>();
        if (!parser.TryConsume<DocumentStart>(out _) || parser.TryConsume<Scalar>(out var nothing) && nothing.Value is "" or "null" or "~")
            return groups;
        Take<SequenceStart>(parser, "a list of groups is expected: - targets: [host:port]");
        while (!parser.TryConsume<SequenceEnd>(out _))
        {
            var start = Take<MappingStart>(parser, "a group is expected: - targets: [host:port]");
            var group = new TargetGroup(start.Start.Line, [], new(StringComparer.Ordinal));
            while (!parser.TryConsume<MappingEnd>(out _))
                ReadMember(parser, group);
            groups.Add(group);
        }
        parser.Consume<DocumentEnd>();
        return groups;
    }

    private static void ReadMember(Parser parser, TargetGroup group)
    {
        var name = Take<Scalar>(parser, "targets or labels is expected");
        if (name.Value == "targets")
        {
            Take<SequenceStart>(parser, "targets must be a list");
            while (!parser.TryConsume<SequenceEnd>(out _))
                group.Targets.Add(Take<Scalar>(parser, "a target must be a text such as host:port").Value);
        }
        else if (name.Value == "labels")
        {
            if (parser.TryConsume<Scalar>(out var none) && none.Value is "" or "null" or "~")
                return;
            Take<MappingStart>(parser, "labels must be names with values");
            while (!parser.TryConsume<MappingEnd>(out _))
            {
                var label = Take<Scalar>(parser, "a label's name is expected").Value;
                group.Labels[label] = Take<Scalar>(parser, $"label '{label}' must be a text").Value;
            }
        }
        else
        {
            throw new TargetFileException(name.Start.Line, $"'{name.Value}' is neither targets nor labels");
        }
    }

    /// <summary>The next event; an alias is none of those that are asked for, so it is refused.</summary>
    private static T Take<T>(Parser parser, string problem) where T : ParsingEvent
    {
        if (parser.TryConsume<T>(out var taken))
            return taken;
        throw new TargetFileException(parser.Current?.Start.Line ?? 1, parser.Current is AnchorAlias ? "aliases are not taken" : problem);
    }
}

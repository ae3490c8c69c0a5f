using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace MicroView.Cli;

/// <summary>A value of the file, as text, and where it stands.</summary>
internal sealed record ConfigurationValue(string Text, int Line);

/// <summary>A key of the file with its values.</summary>
/// <param name="Section">The command; "" at the top level.</param>
/// <param name="Key">As written.</param>
/// <param name="Line">From 1.</param>
/// <param name="Values">One, or those of a list.</param>
/// <param name="IsList">Written as a list.</param>
internal sealed record ConfigurationEntry(string Section, string Key, int Line, IReadOnlyList<ConfigurationValue> Values, bool IsList);

/// <summary>
/// The shape of a configuration: keys with values or lists of values, and sections of such. Reads YAML's events (JSON is YAML), so nothing is built that the file did not
/// spell out: no anchors, no tags, no depth. Goes on after a problem as long as it is YAML.
/// </summary>
internal sealed class ConfigurationReader
{
    private const int MostDepth = 16; // of what is passed over; what is used has three levels
    private const int MostValues = 1000; // of a list: far more than rules that somebody wrote

    private readonly string _path;
    private readonly IReadOnlyList<string> _sections;
    private readonly ProblemList _problems;
    private readonly Parser _parser;
    private readonly List<ConfigurationEntry> _entries = [];
    private readonly Dictionary<(string Section, string Key), int> _seen = [];

    private ConfigurationReader(string path, string text, IReadOnlyList<string> sections, ProblemList problems) =>
        (_path, _sections, _problems, _parser) = (path, sections, problems, new Parser(new StringReader(text)));

    private ParsingEvent Current => _parser.Current!;

    private int Line => (int)Current.Start.Line;

    /// <summary>The keys that could be read, in their order.</summary>
    public static IReadOnlyList<ConfigurationEntry> Read(string path, string text, IReadOnlyList<string> sections, ProblemList problems)
    {
        var reader = new ConfigurationReader(path, text, sections, problems);
        try
        {
            reader.ReadStream();
        }
        catch (YamlException error)
        {
            problems.Add($"{path}:{Math.Max(1, error.Start.Line)}: this is neither YAML nor JSON: {error.Message.TrimEnd('.')}");
        }
        catch (OverLimitException error)
        {
            problems.Add($"{path}:{error.Line}: {error.Message}; the rest is not read");
        }
        return reader._entries;
    }

    private void ReadStream()
    {
        Next();
        Next();
        if (Current is StreamEnd)
            return;
        Next();
        if (Current is MappingStart)
            ReadMap("");
        else if (IsNothing(Current))
            Next();
        else
        {
            Report(Line, "holds no keys; a line of it is such as scrape-interval: 0.1");
            Skip();
        }
        if (_problems.IsFull)
            return;
        Next();
        if (Current is DocumentStart)
            Report(Line, "a second document begins; one file is one configuration");
    }

    private void ReadMap(string section)
    {
        CheckNode();
        Next();
        while (Current is not MappingEnd && !_problems.IsFull)
        {
            if (Current is not Scalar key)
            {
                Report(Line, Current is AnchorAlias ? "aliases (*) are not read here; write it out" : "a key is one word");
                Skip();
                Skip();
                continue;
            }
            CheckNode();
            var line = Line;
            Next();
            var first = _seen.GetValueOrDefault((section, key.Value));
            if (!_seen.TryAdd((section, key.Value), line))
            {
                Report(line, $"{Shorten(key.Value)} is given twice, first in line {first}");
                Skip();
            }
            else if (section.Length == 0 && _sections.Contains(key.Value))
                ReadSection(key.Value, line);
            else
                ReadValue(section, key.Value, line);
        }
        if (!_problems.IsFull)
            Next();
    }

    private void ReadSection(string name, int line)
    {
        if (Current is MappingStart)
        {
            ReadMap(name);
            return;
        }
        if (!IsNothing(Current))
            Report(line, $"{name} is the section of `microview {name}`: its keys stand indented below it");
        Skip();
    }

    private void ReadValue(string section, string key, int line)
    {
        var values = new List<ConfigurationValue>();
        var isList = Current is SequenceStart;
        var valid = isList ? ReadList(key, values) : ReadScalar(key, line, values);
        if (valid)
            _entries.Add(new(section, key, line, values, isList));
    }

    private bool ReadList(string key, List<ConfigurationValue> values)
    {
        var valid = CheckNode();
        Next();
        while (Current is not SequenceEnd && !_problems.IsFull)
        {
            if (values.Count == MostValues)
                throw new OverLimitException(Line, $"{Shorten(key)} has more than {MostValues} values");
            valid &= ReadScalar(key, Line, values);
        }
        if (!_problems.IsFull)
            Next();
        return valid;
    }

    /// <summary>Takes a value, or says why it is none and passes it over.</summary>
    private bool ReadScalar(string key, int line, List<ConfigurationValue> values)
    {
        const int MostLetters = 4096; // no option needs more, and a message must show it
        var valid = CheckNode();
        switch (Current)
        {
            case AnchorAlias:
                break;
            case Scalar scalar when IsNothing(scalar):
                Report(line, $"{Shorten(key)} has no value; leave the key out for its default");
                valid = false;
                break;
            case Scalar { Value.Length: > MostLetters } scalar:
                Report(line, $"{Shorten(key)}: a value of {scalar.Value.Length} characters; at most {MostLetters}");
                valid = false;
                break;
            case Scalar scalar:
                values.Add(new(scalar.Value, Line));
                break;
            default:
                Report(line, $"{Shorten(key)} takes values, not {(Current is MappingStart ? "keys of its own" : "a list in a list")}");
                valid = false;
                break;
        }
        Skip();
        return valid;
    }

    /// <summary>Anchors, aliases and tags are ways to make much of little, and of no use here.</summary>
    private bool CheckNode()
    {
        var (what, found) = Current switch
        {
            AnchorAlias => ("aliases (*)", true),
            NodeEvent { Anchor.IsEmpty: false } => ("anchors (&)", true),
            NodeEvent { Tag: { IsEmpty: false, IsNonSpecific: false } } => ("tags (!)", true),
            _ => ("", false),
        };
        if (found)
            Report(Line, $"{what} are not read here; write it out");
        return !found;
    }

    private void Skip()
    {
        var depth = 0;
        do
        {
            if (Current is MappingStart or SequenceStart && ++depth > MostDepth)
                throw new OverLimitException(Line, $"nested more than {MostDepth} deep");
            if (Current is MappingEnd or SequenceEnd)
                depth--;
            Next();
        }
        while (depth > 0);
    }

    private void Next()
    {
        try
        {
            if (_parser.MoveNext())
                return;
        }
        catch (Exception error) when (error is not (YamlException or OutOfMemoryException)) // a few malformed texts get as far as the library's own assertions
        {
            throw new YamlException(Place, Place, "malformed here or below", error);
        }
        throw new YamlException(Place, Place, "ends too early");
    }

    private Mark Place => _parser.Current?.Start ?? Mark.Empty;

    private void Report(int line, string what) => _problems.Add($"{_path}:{line}: {what}");

    private static bool IsNothing(ParsingEvent node) => node is Scalar { Value: "", Style: not (ScalarStyle.Literal or ScalarStyle.Folded) } or Scalar { Style: ScalarStyle.Plain, Value: "~" or "null" };

    internal static string Shorten(string word) => word.Length <= 60 ? word : word[..60] + "…";

    private sealed class OverLimitException(int line, string what) : Exception(what)
    {
        public int Line { get; } = line;
    }
}

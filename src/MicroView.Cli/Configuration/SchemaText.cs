using System.Text.Encodings.Web;
using System.Text.Json;

namespace MicroView.Cli;

/// <summary>The JSON schema (draft 7, which editors read) of a configuration file, from the option tables.</summary>
internal static class SchemaText
{
    public static void Write(TextWriter output, ConfigurationTable table)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            Write(json, table);
        output.WriteLine(System.Text.Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length));
    }

    private static void Write(Utf8JsonWriter json, ConfigurationTable table)
    {
        json.WriteStartObject();
        json.WriteString("$schema", "http://json-schema.org/draft-07/schema#");
        json.WriteString("title", "MicroView configuration");
        json.WriteString("description", $"Keys at the top level hold for every command that has them; sections {string.Join(", ", table.Commands)} count over them.");
        BeginKeys(json);
        foreach (var keys in table.Keys("").Where(key => !table.Commands.Contains(key.Name)).GroupBy(key => key.Name))
            Write(json, [.. keys]);
        foreach (var command in table.Commands)
        {
            json.WriteStartObject(command);
            json.WriteString("description", $"What holds for `microview {command}` alone.");
            BeginKeys(json);
            foreach (var key in table.Keys(command))
                Write(json, key);
            EndKeys(json);
        }
        EndKeys(json);
    }

    private static void BeginKeys(Utf8JsonWriter json)
    {
        Texts(json, "type", ["object", "null"]); // nothing, where all of it is commented out
        json.WriteBoolean("additionalProperties", false);
        json.WriteStartObject("properties");
    }

    private static void EndKeys(Utf8JsonWriter json)
    {
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>A key of the top level must do for every command that has it.</summary>
    private static void Write(Utf8JsonWriter json, ConfigurationKey[] keys)
    {
        var distinct = keys.DistinctBy(key => (key.IsFlag, key.IsList, key.IsNumber, key.Range, string.Join('|', key.Choices))).ToArray();
        if (distinct.Length == 1)
        {
            Write(json, keys[0], keys.Select(key => key.Standard).Distinct().Count() == 1);
            return;
        }
        json.WriteStartObject(keys[0].Name);
        json.WriteStartArray("allOf");
        foreach (var key in distinct)
        {
            json.WriteStartObject();
            WriteKind(json, key);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteString("description", keys[0].Meaning);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ConfigurationKey key, bool withDefault = true)
    {
        json.WriteStartObject(key.Name);
        WriteKind(json, key);
        json.WriteString("description", key.DefaultText is { } text ? $"{key.Meaning} [default: {text}]" : key.Meaning);
        if (withDefault)
            WriteDefault(json, key.Standard);
        json.WriteEndObject();
    }

    private static void WriteKind(Utf8JsonWriter json, ConfigurationKey key)
    {
        if (key.Choices is { Length: > 0 } choices)
            Texts(json, "enum", choices);
        else if (key.IsList)
        {
            Texts(json, "type", ["array", "string"]);
            json.WriteStartObject("items");
            json.WriteString("type", "string");
            json.WriteEndObject();
            json.WriteNumber("minItems", 1);
        }
        else if (key.Range is { } range)
        {
            json.WriteString("type", "integer");
            json.WriteNumber("minimum", range.Least);
            json.WriteNumber("maximum", range.Most);
        }
        else if (key.IsFlag)
            json.WriteString("type", "boolean");
        else if (key.IsNumber)
            Texts(json, "type", ["number", "string"]); // 0.1, or with a unit: 100ms
        else
            Texts(json, "type", ["string", "number"]); // a name may be 5
    }

    private static void WriteDefault(Utf8JsonWriter json, object? standard)
    {
        switch (standard)
        {
            case bool flag:
                json.WriteBoolean("default", flag);
                break;
            case int or long:
                json.WriteNumber("default", Convert.ToInt64(standard, System.Globalization.CultureInfo.InvariantCulture));
                break;
            case double number:
                json.WriteNumber("default", number);
                break;
            case string text:
                json.WriteString("default", text);
                break;
        }
    }

    private static void Texts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }
}

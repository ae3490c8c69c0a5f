using System.Text.Json;

namespace MicroView.Lab;

/// <summary>
/// The artifact's column_desc JSON beside a service's rows: what value_0, value_1, … are. Taken: an object whose keys are
/// columns ("value_0" or "0") and whose values are names or objects of labels, or an array of names.
/// </summary>
internal static class ColumnDescription
{
    /// <summary>Names for <paramref name="columns"/>; a column without a description keeps its own.</summary>
    public static string[] Name(string folder, IReadOnlyList<string> columns)
    {
        var file = Directory.EnumerateFiles(folder, "*column_desc*.json").Order(StringComparer.Ordinal).FirstOrDefault();
        if (file is null)
            return [.. columns];
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            return [.. columns.Select((column, index) => Find(document.RootElement, column, index) ?? column)];
        }
        catch (JsonException error)
        {
            throw new DataException(file, (error.LineNumber ?? 0) + 1, "is not JSON");
        }
    }

    public static void Write(string file, IReadOnlyList<string> names) => ResultFile.Write(file, text =>
        text.Write(JsonSerializer.Serialize(names.Index().ToDictionary(name => $"value_{name.Index}", name => name.Item), LabJson.Default.DictionaryStringString)));

    private static string? Find(JsonElement root, string column, int index)
    {
        switch (root.ValueKind)
        {
            case JsonValueKind.Array when index < root.GetArrayLength():
                return Text(root[index]);
            case JsonValueKind.Object:
                var number = column.StartsWith("value_", StringComparison.Ordinal) ? column["value_".Length..] : column;
                return root.TryGetProperty(column, out var found) || root.TryGetProperty(number, out found) ? Text(found) : null;
            default:
                return null;
        }
    }

    /// <summary>A name, or an object of labels as Prometheus writes a series.</summary>
    private static string? Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Object => Series(value),
        _ => null,
    };

    private static string Series(JsonElement labels)
    {
        var name = labels.TryGetProperty("__name__", out var own) ? own.GetString() : labels.TryGetProperty("name", out own) && own.ValueKind == JsonValueKind.String ? own.GetString() : "";
        var rest = string.Join(",", labels.EnumerateObject().Where(label => label.Name is not ("__name__" or "name")).Select(label => $"{label.Name}=\"{label.Value}\""));
        return rest.Length == 0 ? name ?? "" : $"{name}{{{rest}}}";
    }
}

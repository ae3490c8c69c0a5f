using System.Text;

namespace MicroView.Cli;

/// <summary>The configuration in force, as a file that has the same effect; what is at its default stands there as a comment. Secrets are not in it.</summary>
internal static class EffectiveText
{
    private const int OriginColumn = 48;

    public static void Write(TextWriter output, ConfigurationTable table, string command, Configured configured)
    {
        output.WriteLine($"# In force for `microview {command}`: flags over environment over {configured.File ?? "file (none)"} over defaults.");
        output.WriteLine($"{command}:");
        var settings = configured.Settings.ToDictionary(setting => setting.Key.Name);
        foreach (var key in table.Keys(command))
            if (settings.TryGetValue(key.Name, out var setting))
                Write(output, key, setting);
            else
                WriteDefault(output, key);
    }

    private static void Write(TextWriter output, ConfigurationKey key, Setting setting)
    {
        if (setting.Values.Count == 0)
            Line(output, $"  # {key.Name}:", $"{setting.Origin}, not shown");
        else if (!key.IsList)
            Line(output, $"  {key.Name}: {Scalar(setting.Values[^1])}", setting.Origin);
        else
        {
            Line(output, $"  {key.Name}:", setting.Origin);
            foreach (var value in setting.Values)
                output.WriteLine($"    - {Scalar(value)}");
        }
    }

    private static void WriteDefault(TextWriter output, ConfigurationKey key)
    {
        if (key.Standard is { } standard)
            Line(output, $"  # {key.Name}: {Scalar(ConfigurationKey.Text(standard))}", "default");
        else
            Line(output, $"  # {key.Name}:", key.DefaultText is { } text ? $"default: {text}" : "default: none");
    }

    private static string Scalar(string value) => YamlText.Scalar(Secrets.Redact(value));

    private static void Line(TextWriter output, string text, string origin) =>
        output.WriteLine(new StringBuilder(text).Append(' ', Math.Max(1, OriginColumn - text.Length)).Append("# ").Append(origin.ReplaceLineEndings(" ")).ToString());
}

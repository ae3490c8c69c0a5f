using System.Text.Encodings.Web;
using System.Text.Json;
using Spectre.Console;

namespace MicroView.Cli;

/// <summary>Writes findings as a table or as JSON.</summary>
internal static class DoctorReport
{
    private static readonly DoctorJson s_json = new(new JsonSerializerOptions(DoctorJson.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static void WriteJson(TextWriter output, IReadOnlyList<Finding> findings) =>
        output.WriteLine(JsonSerializer.Serialize(new(VersionCommand.Version, Environment.MachineName, [.. findings]), s_json.DoctorDocument));

    public static void WriteTable(TextWriter output, IReadOnlyList<Finding> findings)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        if (Console.IsOutputRedirected)
            console.Profile.Width = 160;
        var table = new Table().Border(TableBorder.None);
        foreach (var title in (string[])["", "What", "Found", "What to do"])
            table.AddColumn(new TableColumn(new Text(title)) { NoWrap = title is "" or "What", Padding = new Padding(0, 0, 2, 0) });
        foreach (var finding in findings)
        {
            var (word, color) = finding.State switch
            {
                FindingState.Ok => ("ok", Color.Green),
                FindingState.Limited => ("limited", Color.Yellow),
                _ => ("missing", Color.Red),
            };
            table.AddRow(new Text(word, new Style(color)), new Text(finding.Subject), new Text(finding.Found), new Text(finding.Advice));
        }
        console.Write(table);
    }
}

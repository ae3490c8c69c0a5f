using System.CommandLine;
using System.Globalization;

namespace MicroView.Cli;

/// <summary>The options that every benchmark has.</summary>
internal sealed class BenchOptionTable(double seconds)
{
    public Option<bool> Json { get; } = Kinds.Flag("--json", "Print one JSON object on stdout instead of the table");

    public Option<double> Duration { get; } = Kinds.Seconds("--duration", "Measuring time, after the warm-up; seconds", seconds);

    public Option<int?> Cpu { get; } = Kinds.Number<int?>("--cpu", "N", "Core to measure on [default: the last one that taskset or the container allows]", null,
        "a core number from 0 to 1023", (string text, out int? value) =>
        {
            var valid = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < 1024;
            value = number;
            return valid;
        }, null);

    public Option<bool> Debug { get; } = AgentOptions.Debug();

    public void AddTo(Command command, params ReadOnlySpan<Option> own)
    {
        foreach (var option in own)
            command.Add(option);
        command.Add(Duration);
        command.Add(Cpu);
        command.Add(Json);
        command.Add(Debug);
    }
}

using System.Globalization;

namespace MicroView.Cli;

/// <summary>A small table of aligned columns: the first to the left, figures to the right.</summary>
internal sealed class BenchTable(params string[] header)
{
    private readonly List<string[]> _rows = [header];

    public void Add(params string[] cells) => _rows.Add(cells);

    /// <summary>A figure with three significant digits or more.</summary>
    public static string Figure(double value) => !double.IsFinite(value) ? "-"
        : Math.Abs(value) switch { >= 100 => value.ToString("#,0", CultureInfo.InvariantCulture), >= 10 => value.ToString("0.0", CultureInfo.InvariantCulture), _ => value.ToString("0.00", CultureInfo.InvariantCulture) };

    public void WriteTo(TextWriter output)
    {
        var widths = Enumerable.Range(0, _rows.Max(row => row.Length)).Select(i => _rows.Max(row => i < row.Length ? row[i].Length : 0)).ToArray();
        foreach (var row in _rows)
            output.WriteLine(string.Join("  ", row.Select((cell, i) => i == 0 ? cell.PadRight(widths[i]) : cell.PadLeft(widths[i]))).TrimEnd());
    }

    /// <summary>What was measured, how, and where; below the table.</summary>
    public static void WriteNotes(TextWriter output, string method, BenchMachine machine)
    {
        output.WriteLine();
        output.WriteLine(method);
        output.WriteLine($"{machine.Cpu}, core {machine.MeasuringCore} of {string.Join(',', machine.CoresAllowed)} allowed; {machine.Kernel}; {machine.Runtime}; microview {machine.Version}");
    }
}

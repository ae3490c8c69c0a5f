namespace MicroView.Lab;

/// <summary>A table of plain text, the same in a terminal, a pipe and a file: the first columns left-aligned, the others right.</summary>
/// <param name="left">How many columns are texts.</param>
/// <param name="header">Names of the columns.</param>
internal sealed class TextTable(int left, params string[] header)
{
    private readonly List<string[]> _rows = [header];

    public void Add(params string[] cells) => _rows.Add(cells);

    public void Write(TextWriter output)
    {
        ArgumentNullException.ThrowIfNull(output);
        int[] widths = [.. header.Index().Select(column => _rows.Max(row => row[column.Index].Length))];
        foreach (var row in _rows)
            output.WriteLine(string.Join("  ", row.Index().Select(cell => cell.Index < left ? cell.Item.PadRight(widths[cell.Index]) : cell.Item.PadLeft(widths[cell.Index]))).TrimEnd());
    }

    /// <summary>A share or a score to three digits; "-" for none.</summary>
    public static string Number(double? value) =>
        value is { } number && !double.IsNaN(number) ? number.ToString("0.000", System.Globalization.CultureInfo.InvariantCulture) : "-";
}

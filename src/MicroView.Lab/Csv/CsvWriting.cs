using System.Globalization;

namespace MicroView.Lab;

/// <summary>Writing rows of a table: numbers in their shortest exact form, NaN as an empty cell, texts quoted where they must be.</summary>
internal static class CsvWriting
{
    public static void WriteRow(this TextWriter writer, params ReadOnlySpan<object?> cells)
    {
        for (var i = 0; i < cells.Length; i++)
        {
            if (i > 0)
                writer.Write(',');
            writer.WriteCell(cells[i]);
        }
        writer.Write('\n');
    }

    public static void WriteNumber(this TextWriter writer, double value)
    {
        Span<char> text = stackalloc char[32];
        if (double.IsNaN(value))
            return;
        if (double.IsInfinity(value))
            writer.Write(value > 0 ? "inf" : "-inf");
        else if (value.TryFormat(text, out var length, "R", CultureInfo.InvariantCulture))
            writer.Write(text[..length]);
    }

    private static void WriteCell(this TextWriter writer, object? cell)
    {
        switch (cell)
        {
            case null:
                break;
            case double number:
                writer.WriteNumber(number);
                break;
            case bool flag:
                writer.Write(flag ? '1' : '0');
                break;
            case string text:
                writer.Write(text.AsSpan().ContainsAny(",\"\n\r") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text);
                break;
            default:
                writer.Write(Convert.ToString(cell, CultureInfo.InvariantCulture));
                break;
        }
    }
}

using System.Globalization;
using System.IO.Compression;
using nietras.SeparatedValues;

namespace MicroView.Lab;

/// <summary>
/// A text table read row by row: commas, semicolons, tabs or runs of spaces, plain or gzip (.gz). Blank lines are passed over. Every error is
/// a <see cref="DataException"/> with the file and the line in it. Not thread-safe.
/// </summary>
internal sealed class CsvTable : IDisposable
{
    private static readonly char[] Separators = [',', ';', '\t', '|'];

    private readonly SepReader _reader;
    private readonly string[]? _header;
    private bool _pending;

    private CsvTable(string file, SepReader reader)
    {
        (File, _reader) = (file, reader);
        _pending = Advance();
    }

    private CsvTable(string file, SepReader reader, bool header) : this(file, reader)
    {
        if (!_pending)
            throw new DataException(file, 0, "the file is empty");
        Width = _reader.Current.ColCount;
        if (!header)
            return;
        _header = new string[Width];
        for (var i = 0; i < Width; i++)
            _header[i] = Cell(i).ToString();
        _pending = false;
    }

    /// <summary>The file's path, as given.</summary>
    public string File { get; }

    /// <summary>Names of the columns; empty without a header.</summary>
    public IReadOnlyList<string> Header => _header ?? [];

    /// <summary>Columns of every row.</summary>
    public int Width { get; }

    /// <summary>Line of the current row in the file, from 1.</summary>
    public long Line { get; private set; }

    /// <summary>Opens a table with a header.</summary>
    public static CsvTable Open(string file) => Open(file, _ => true);

    /// <summary>
    /// Opens a table whose first row is a header if <paramref name="isHeader"/> says so of its cells.
    /// </summary>
    public static CsvTable Open(string file, Func<IReadOnlyList<string>, bool> isHeader)
    {
        ArgumentNullException.ThrowIfNull(isHeader);
        try
        {
            var (separator, spaces) = Separation(FirstLine(file) ?? "");
            using var probe = new CsvTable(file, Reader(file, separator, spaces));
            var header = probe._pending && isHeader(probe.Cells());
            return new CsvTable(file, Reader(file, separator, spaces), header);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new DataException(file, 0, "no such file");
        }
        catch (UnauthorizedAccessException)
        {
            throw new DataException(file, 0, Directory.Exists(file) ? "is a folder, not a file" : "permission denied");
        }
        catch (InvalidDataException error)
        {
            throw new DataException(file, 0, error.Message.TrimEnd('.'));
        }
    }

    /// <summary>Goes to the next row; false at the end.</summary>
    public bool Read()
    {
        if (!(_pending || Advance()))
            return false;
        _pending = false;
        if (_reader.Current.ColCount != Width)
            throw Error($"{_reader.Current.ColCount} columns where {(_header is null ? "the first row" : "the header")} has {Width}");
        return true;
    }

    /// <summary>The text of cell <paramref name="column"/> of the current row, without surrounding space.</summary>
    public ReadOnlySpan<char> Cell(int column) => _reader.Current[column].Span;

    /// <summary>A cell as a number: NaN when empty, "NaN", "null", "NA" or "N/A".</summary>
    public double Number(int column)
    {
        var text = Cell(column);
        return TryNumber(text, out var value) ? value
            : throw Error($"{NameOf(column)} is '{Shown(text)}', not a number; leave the cell empty where there is no value");
    }

    /// <summary>A cell as a time in nanoseconds since 1970; see <see cref="CsvTime"/>.</summary>
    public long Time(int column)
    {
        var text = Cell(column);
        return CsvTime.TryParse(text, out var time) ? time
            : throw Error($"{NameOf(column)} is '{Shown(text)}', not a time; use ISO 8601 (2022-08-22T03:51:19Z) or seconds, ms, µs or ns since 1970");
    }

    /// <summary>The index of a column; an error if there is none.</summary>
    public int Column(string name)
    {
        var at = Find(name);
        return at >= 0 ? at : throw new DataException(File, 1, $"there is no column '{name}'; there are {Some(Header)}");
    }

    /// <summary>The index of a column, whatever its case, or -1.</summary>
    public int Find(string name) => Array.FindIndex(_header ?? [], candidate => candidate.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>An error about the current row.</summary>
    public DataException Error(string what) => new(File, Line, what);

    /// <summary>The name of a column for people: its header, or its number from 1.</summary>
    public string NameOf(int column) => _header is null || _header[column].Length == 0 ? $"column {column + 1}" : _header[column];

    public void Dispose() => _reader.Dispose();

    /// <summary>Whether a text is a number or one of the ways to write that there is none.</summary>
    public static bool TryNumber(ReadOnlySpan<char> text, out double value)
    {
        if (csFastFloat.FastDoubleParser.TryParseDouble(text, out value))
            return true;
        value = double.NaN;
        return text.IsEmpty || text.Equals("null", StringComparison.OrdinalIgnoreCase) || text.Equals("na", StringComparison.OrdinalIgnoreCase)
            || text.Equals("n/a", StringComparison.OrdinalIgnoreCase) || double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    private bool Advance()
    {
        try
        {
            while (_reader.MoveNext())
            {
                Line = _reader.Current.LineNumberFrom;
                if (_reader.Current.ColCount > 1 || !_reader.Current[0].Span.IsEmpty || Width == 1)
                    return true;
            }
            return false;
        }
        catch (Exception error) when (error is InvalidDataException or NotSupportedException or IOException)
        {
            throw new DataException(File, Line + 1, error.Message.TrimEnd('.'));
        }
    }

    private string[] Cells()
    {
        var cells = new string[_reader.Current.ColCount];
        for (var i = 0; i < cells.Length; i++)
            cells[i] = Cell(i).ToString();
        return cells;
    }

    private static SepReader Reader(string file, char separator, bool spaces)
    {
        var reader = Sep.New(separator).Reader(options => options with { HasHeader = false, DisableColCountCheck = true, Unescape = true, Trim = SepTrim.All });
        return spaces ? reader.From(new SpacedText(new StreamReader(OpenStream(file)), separator)) : reader.From(OpenStream(file));
    }

    /// <summary>What sets the columns of a line apart: a separator, or runs of spaces that become one.</summary>
    private static (char Separator, bool Spaces) Separation(string line)
    {
        var separator = Separators.MaxBy(candidate => line.Count(c => c == candidate));
        if (line.Contains(separator) && separator != '\t')
            return (separator, false);
        var words = line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
        // Two tabs in a row are an empty cell, fewer tabs than gaps are not what sets the words apart.
        return line.Count(c => c == '\t') >= words - 1 ? (words > 1 || line.Contains('\t') ? '\t' : ',', false) : ('\t', true);
    }

    private static Stream OpenStream(string file)
    {
        var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        return file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(stream, CompressionMode.Decompress) : stream;
    }

    private static string? FirstLine(string file)
    {
        using var text = new StreamReader(OpenStream(file));
        return text.ReadLine();
    }

    private static string Shown(ReadOnlySpan<char> text) => text.Length <= 40 ? text.ToString() : $"{text[..40]}…";

    private static string Some(IReadOnlyList<string> names) =>
        names.Count <= 12 ? string.Join(", ", names) : $"{string.Join(", ", names.Take(12))} and {names.Count - 12} more";
}

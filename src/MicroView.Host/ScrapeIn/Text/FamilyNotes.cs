using System.Text;

namespace MicroView.Host;

/// <summary>What a family is, in the words of the formats.</summary>
internal enum FamilyType
{
    Unknown, Counter, Gauge, Histogram, Summary, GaugeHistogram, StateSet, Info,
}

/// <summary>What a sample is in a page.</summary>
internal enum SampleRole
{
    Counter, Gauge, Bucket, Sum, Count,
}

/// <summary>
/// The newest # TYPE, # HELP and # UNIT of a scrape: they stand before the samples of their family. Kept as bytes, and read only when a series is new. For
/// one thread.
/// </summary>
internal sealed class FamilyNotes
{
    private const int MaxNote = 2048; // a longer help is cut: descriptors keep 1 KiB
    private readonly Note _type = new(), _help = new(), _unit = new();

    /// <summary>Forgets the last scrape's.</summary>
    internal void Clear() => _type.Length = _help.Length = _unit.Length = 0;

    /// <summary>Takes a line that begins with #; anything that is no such note is a comment.</summary>
    internal void Take(ReadOnlySpan<byte> line)
    {
        if (line.Length < 8 || line[1] is not ((byte)' ' or (byte)'\t'))
            return;
        var word = line[2..];
        if (word.StartsWith("TYPE "u8) || word.StartsWith("TYPE\t"u8))
            _type.Set(word[5..]);
        else if (word.StartsWith("HELP "u8) || word.StartsWith("HELP\t"u8))
            _help.Set(word[5..]);
        else if (word.StartsWith("UNIT "u8))
            _unit.Set(word[5..]);
    }

    /// <summary>What a sample is, and the name of its family: that of the newest TYPE where it fits, else by how the name ends.</summary>
    internal (SampleRole Role, string Family) Classify(SeriesText series)
    {
        var (family, word) = _type.Read();
        var name = series.Name;
        if (family.Length == 0 || !name.StartsWith(family, StringComparison.Ordinal))
            return (ByEnding(series), name);
        var ending = name.AsSpan(family.Length);
        var role = TypeOf(word) switch
        {
            FamilyType.Counter when ending is "" or "_total" => SampleRole.Counter,
            FamilyType.Gauge or FamilyType.StateSet when ending is "" => SampleRole.Gauge,
            FamilyType.Info when ending is "_info" => SampleRole.Gauge,
            FamilyType.Histogram when ending is "_bucket" && series.Labels.ContainsKey("le") => SampleRole.Bucket,
            FamilyType.Histogram when ending is "_sum" => SampleRole.Sum,
            FamilyType.Histogram when ending is "_count" => SampleRole.Count,
            FamilyType.Summary when ending is "" => SampleRole.Gauge,
            FamilyType.Summary when ending is "_sum" or "_count" => SampleRole.Counter,
            FamilyType.GaugeHistogram when ending is "_bucket" or "_gcount" or "_gsum" => SampleRole.Gauge,
            FamilyType.Counter or FamilyType.Histogram or FamilyType.Summary when ending is "_created" => SampleRole.Gauge,
            _ => (SampleRole?)null,
        };
        return role is { } known ? (known, family) : (ByEnding(series), name);
    }

    /// <summary>The help of a family; null when the newest help is another's.</summary>
    internal string? HelpOf(string family) => Text(_help, family, 1000);

    /// <summary>Its unit, of OpenMetrics.</summary>
    internal string? UnitOf(string family) => Text(_unit, family, 100);

    private static string? Text(Note note, string family, int limit)
    {
        var (name, text) = note.Read();
        if (name != family || text.Length == 0)
            return null;
        text = SeriesText.Plain(text).Replace('\n', ' ');
        while (Encoding.UTF8.GetByteCount(text) > limit)
            text = text[..(text.Length * 3 / 4)];
        return text.Length > 0 && char.IsHighSurrogate(text[^1]) ? text[..^1] : text;
    }

    /// <summary>A name without a type that ends as cumulative ones do is taken for a counter.</summary>
    private static SampleRole ByEnding(SeriesText series) =>
        series.Name.EndsWith("_total", StringComparison.Ordinal) || series.Name.EndsWith("_count", StringComparison.Ordinal)
        || series.Name.EndsWith("_sum", StringComparison.Ordinal)
        || (series.Name.EndsWith("_bucket", StringComparison.Ordinal) && series.Labels.ContainsKey("le"))
            ? SampleRole.Counter : SampleRole.Gauge;

    private static FamilyType TypeOf(string word) => word switch
    {
        "counter" => FamilyType.Counter,
        "gauge" => FamilyType.Gauge,
        "histogram" => FamilyType.Histogram,
        "summary" => FamilyType.Summary,
        "gaugehistogram" => FamilyType.GaugeHistogram,
        "stateset" => FamilyType.StateSet,
        "info" => FamilyType.Info,
        _ => FamilyType.Unknown,
    };

    private sealed class Note
    {
        private readonly byte[] _bytes = new byte[MaxNote];

        internal int Length { get; set; }

        internal void Set(ReadOnlySpan<byte> rest)
        {
            rest = rest[..Math.Min(rest.Length, MaxNote)];
            rest.CopyTo(_bytes);
            Length = rest.Length;
        }

        /// <summary>Name and the rest; bytes that are no UTF-8 become U+FFFD.</summary>
        internal (string Name, string Text) Read()
        {
            var text = Encoding.UTF8.GetString(_bytes, 0, Length).Replace('\t', ' ').Trim(' ');
            var blank = text.IndexOf(' ', StringComparison.Ordinal);
            return blank < 0 ? (text, "") : (text[..blank], text[(blank + 1)..].TrimStart(' '));
        }
    }
}

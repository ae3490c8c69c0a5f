namespace MicroView.Host;

/// <summary>
/// Reads one target's bodies, text 0.0.4 or OpenMetrics 1.0, in pieces of any size: known series go straight to their cells, new ones to <see cref="TargetPage"/>.
/// Allocates nothing for known series. For one thread.
/// </summary>
internal sealed class ExpositionReader(TargetPage page)
{
    /// <summary>Bytes of one line: what a piece must hold at least.</summary>
    internal const int MaxLine = 64 * 1024;

    private const double StaleMs = 300_000; // Prometheus' lookback: an older sample is no present value

    private SeriesTable _table = page.Table;
    private bool _openMetrics, _ended;
    private double _nowUnixMs;
    private long _line;

    /// <summary>Samples of the scrape so far, dropped ones included.</summary>
    internal long Samples { get; private set; }

    /// <summary>Begins a scrape: what the last one left unfinished is forgotten.</summary>
    internal void Begin(bool openMetrics, double nowUnixMs)
    {
        (_openMetrics, _nowUnixMs, _ended, _line, Samples) = (openMetrics, nowUnixMs, false, 0, 0);
        _table = page.Table; // another one after the pod was admitted again
        _table.Restart();
        page.Begin();
    }

    /// <summary>Takes the whole lines of a piece and returns the bytes that they have; what is behind them comes again with the next piece.</summary>
    /// <exception cref="ScrapeException">A line is not of the format.</exception>
    internal int Take(ReadOnlySpan<byte> piece)
    {
        var taken = 0;
        while (true)
        {
            var rest = piece[taken..];
            var length = rest.IndexOf((byte)'\n');
            if (length < 0)
                return rest.Length <= MaxLine ? taken : throw new ScrapeException(ScrapeFailure.TooLarge, $"line {_line + 1} is longer than {MaxLine} bytes");
            TakeLine(rest[..length]);
            taken += length + 1;
        }
    }

    /// <summary>Ends a scrape.</summary>
    /// <param name="rest">What <see cref="Take"/> left.</param>
    /// <param name="isWhole">The transfer itself tells that nothing is missing: then the last line may lack its line feed.</param>
    /// <exception cref="ScrapeException">Something is missing.</exception>
    internal void End(ReadOnlySpan<byte> rest, bool isWhole)
    {
        if (rest.Length > 0 && !isWhole)
            throw new ScrapeException(ScrapeFailure.Truncated, $"the body ends inside line {_line + 1}");
        if (rest.Length > 0)
            TakeLine(rest);
        if (_openMetrics && !_ended)
            throw new ScrapeException(ScrapeFailure.Truncated, "the body has no # EOF, with which OpenMetrics ends");
    }

    private void TakeLine(ReadOnlySpan<byte> line)
    {
        _line++;
        if (line.Length > 0 && line[^1] == (byte)'\r')
            line = line[..^1];
        if (line.IsEmpty)
            return;
        if (_ended)
            throw Malformed(line, "something follows # EOF");
        if (line[0] == (byte)'#')
        {
            if (_openMetrics && line.SequenceEqual("# EOF"u8))
                _ended = true;
            else
                page.Notes.Take(line);
            return;
        }
        var entry = _table.Expect(line, out var length);
        if (entry < 0)
            entry = Look(ref line, out length);
        if (line.IsEmpty)
            return; // blanks alone
        var fresh = ParseTail(line[length..], line, out var value);
        Samples++;
        var cell = entry < 0 ? SeriesTable.Unbound : _table.CellOf(entry);
        if (cell == SeriesTable.Ignored)
            return;
        if (cell == SeriesTable.Invalid)
            page.Drop(DroppedSample.Invalid);
        else if (!fresh)
            page.Drop(DroppedSample.Stale);
        else if (cell >= 0)
            page.Set(cell, value);
        else if (page.TakeNew(line[..length], entry, value) is { } problem)
            throw Malformed(line, problem);
    }

    private int Look(ref ReadOnlySpan<byte> line, out int length)
    {
        line = line[SeriesText.SkipBlanks(line, 0)..];
        length = line.IsEmpty ? 0 : SeriesText.LengthIn(line);
        if (line.IsEmpty)
            return -1;
        return length < 0 ? throw Malformed(line, "it does not begin with a metric's name and whole labels") : _table.Find(line[..length]);
    }

    /// <summary>Value, timestamp, exemplar. False when the sample's own timestamp is not of now.</summary>
    private bool ParseTail(ReadOnlySpan<byte> tail, ReadOnlySpan<byte> line, out double value)
    {
        if (!SampleValue.TryParse(Word(ref tail), out value))
            throw Malformed(line, "its value is not a number");
        var time = Word(ref tail);
        if (time.IsEmpty)
            return true;
        var fresh = true;
        if (time[0] != (byte)'#')
        {
            if (!SampleValue.TryTime(time, _openMetrics, out var timeMs))
                throw Malformed(line, "its timestamp is not a number");
            fresh = Math.Abs(_nowUnixMs - timeMs) <= StaleMs;
            time = Word(ref tail);
        }
        if (!time.IsEmpty && !(_openMetrics && time.SequenceEqual("#"u8) && Word(ref tail) is [(byte)'{', ..]))
            throw Malformed(line, "something follows the value that is neither a timestamp nor an exemplar");
        return fresh;
    }

    private static ReadOnlySpan<byte> Word(ref ReadOnlySpan<byte> tail)
    {
        var start = SeriesText.SkipBlanks(tail, 0);
        var end = start;
        while (end < tail.Length && tail[end] is not ((byte)' ' or (byte)'\t'))
            end++;
        var word = tail[start..end];
        tail = tail[end..];
        return word;
    }

    private ScrapeException Malformed(ReadOnlySpan<byte> line, string problem)
    {
        Span<char> shown = stackalloc char[Math.Min(line.Length, 60)];
        for (var i = 0; i < shown.Length; i++)
            shown[i] = line[i] is >= 0x20 and < 0x7f ? (char)line[i] : '?';
        return new(ScrapeFailure.Syntax, $"line {_line} ('{shown}{(line.Length > shown.Length ? "…" : "")}'): {problem}");
    }
}

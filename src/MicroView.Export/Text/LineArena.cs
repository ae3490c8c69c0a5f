using System.Buffers;

namespace MicroView.Export;

/// <summary>
/// Everything of a document but the values, rendered once per layout: each line stands in the arena as its lead and a cell for the value's
/// text, so that a scrape is one copy per line, after formatting the values whose bits have changed.
/// </summary>
internal sealed class LineArena(IExpositionSyntax syntax)
{
    // The longest value and the line feed.
    private const int Cell = ValueText.MaxLength + 1;

    // Large enough that the pipe's bookkeeping vanishes, small enough to stay in the shared array pool.
    private const int Chunk = 64 * 1024;

    private readonly ArrayBufferWriter<byte> _building = new(), _tail = new();
    private byte[] _arena = [];
    private Line[] _lines = [];
    private Header[] _headers = [];

    private record struct Line(long Bits, int Start, int Lead, int Length, int Tail);

    private readonly record struct Header(int Start, int Length, int FirstLine, int EndLine);

    public void Rebuild(FamilyStream stream)
    {
        _building.ResetWrittenCount();
        syntax.Begin(stream);
        var lines = new Line[stream.LineCount];
        var headers = new Header[stream.Families.Length];
        var next = 0;
        for (var f = 0; f < headers.Length; f++)
        {
            var family = stream.Families[f];
            var start = _building.WrittenCount;
            syntax.Header(family, _building);
            headers[f] = new(start, _building.WrittenCount - start, family.FirstLine, family.EndLine);
            foreach (var series in family.Series)
                for (var line = 0; line < series.LineCount; line++)
                    lines[next++] = BuildLine(family, series, line);
        }
        (_arena, _lines, _headers) = (_building.WrittenSpan.ToArray(), lines, headers);
    }

    public void Write(ReadOnlySpan<long> values, IBufferWriter<byte> output)
    {
        var span = output.GetSpan(Chunk);
        var at = 0;
        foreach (var header in _headers)
        {
            var pending = header.Length;
            for (var i = header.FirstLine; i < header.EndLine; i++)
            {
                var bits = values[i];
                if (bits == ExpositionDocument.AbsentBits) continue;
                ref var line = ref _lines[i];
                if (bits != line.Bits) Format(ref line, bits);
                // Copying the whole cell keeps room for the line in one comparison; what is too much is overwritten.
                var needed = line.Lead + Cell + line.Tail;
                if (span.Length - at < needed + pending)
                {
                    output.Advance(at);
                    at = 0;
                    span = output.GetSpan(Math.Max(Chunk, needed + pending));
                }
                if (pending > 0)
                {
                    // A family none of whose series is present is not mentioned.
                    _arena.AsSpan(header.Start, pending).CopyTo(span[at..]);
                    at += pending;
                    pending = 0;
                }
                _arena.AsSpan(line.Start, line.Length).CopyTo(span[at..]);
                at += line.Length;
            }
        }
        output.Advance(at);
        output.Write(syntax.Ending);
    }

    /// <summary>Lead, room for the value and the tail, and the tail itself: it moves with the value's length.</summary>
    private Line BuildLine(Family family, Series series, int line)
    {
        var start = _building.WrittenCount;
        syntax.Lead(family, series, line, _building);
        var lead = _building.WrittenCount - start;
        var tail = TailOf(family, series);
        Skip(Cell + tail.Length);
        _building.Write(tail);
        // Absent is never written, so no value is taken for one that is already in the cell.
        return new(ExpositionDocument.AbsentBits, start, lead, 0, tail.Length);
    }

    private ReadOnlySpan<byte> TailOf(Family family, Series series)
    {
        _tail.ResetWrittenCount();
        syntax.Tail(family, series, _tail);
        return _tail.WrittenSpan;
    }

    private void Skip(int bytes)
    {
        _building.GetSpan(bytes)[..bytes].Clear();
        _building.Advance(bytes);
    }

    private void Format(ref Line line, long bits)
    {
        var cell = _arena.AsSpan(line.Start + line.Lead, Cell + 2 * line.Tail);
        var length = ValueText.Format(BitConverter.Int64BitsToDouble(bits), cell);
        cell[length++] = (byte)'\n';
        if (line.Tail > 0)
            cell[^line.Tail..].CopyTo(cell[length..]);
        line.Bits = bits;
        line.Length = line.Lead + length + line.Tail;
    }
}

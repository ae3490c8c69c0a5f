namespace MicroView.Lab;

/// <summary>Lines of columns set apart by runs of spaces or tabs, with a separator in place of each run and none at the ends.</summary>
internal sealed class SpacedText(TextReader inner, char separator) : TextReader
{
    private readonly char[] _line = new char[1 << 16];
    private int _length;
    private int _next;
    private bool _gap;
    private bool _start = true;

    public override int Read()
    {
        var one = '\0';
        return Read(new Span<char>(ref one)) == 1 ? one : -1;
    }

    public override int Read(char[] buffer, int index, int count) => Read(buffer.AsSpan(index, count));

    public override int Read(Span<char> buffer)
    {
        var written = 0;
        while (written < buffer.Length)
        {
            if (_next == _length)
            {
                (_next, _length) = (0, inner.Read(_line, 0, _line.Length));
                if (_length == 0)
                    break;
            }
            var c = _line[_next];
            if (c is ' ' or '\t')
            {
                _gap = !_start;
                _next++;
            }
            else if (_gap && c is not ('\r' or '\n'))
            {
                // The separator now, the character itself in the next round.
                buffer[written++] = separator;
                _gap = false;
            }
            else
            {
                _start = c is '\r' or '\n';
                _gap = false;
                buffer[written++] = c;
                _next++;
            }
        }
        return written;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}

using System.Buffers;

namespace MicroView.Export;

/// <summary>
/// Writes a document in one text format. Keeps each line's text between scrapes: make one writer per document and format and keep it. Thread-safe;
/// concurrent scrapes take turns.
/// </summary>
public abstract class ExpositionWriter
{
    private readonly ExpositionDocument _document;
    private readonly LineArena _arena;
    private FamilyStream? _laidOut;

    private protected ExpositionWriter(ExpositionDocument document, IExpositionSyntax syntax)
    {
        ArgumentNullException.ThrowIfNull(document);
        (_document, _arena) = (document, new LineArena(syntax));
    }

    /// <summary>
    /// Reads every group once and writes the document. Allocates nothing unless groups have joined or left.
    /// </summary>
    /// <param name="output">A PipeWriter (flush it after, not during) or a buffer of the caller's, such as a reused
    /// <see cref="ArrayBufferWriter{T}"/>. It is asked for spans of 64 KiB.</param>
    public void Write(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        lock (_document.Gate)
        {
            var stream = _document.Collect();
            if (!ReferenceEquals(stream, _laidOut))
            {
                _arena.Rebuild(stream);
                _laidOut = stream;
            }
            _arena.Write(_document.Values, output);
        }
    }
}

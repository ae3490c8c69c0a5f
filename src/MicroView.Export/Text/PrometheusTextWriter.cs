using System.Buffers;

namespace MicroView.Export;

/// <summary>
/// Writes a document as Prometheus text 0.0.4 (github.com/prometheus/docs, exposition_formats.md). Keeps each line's text
/// between scrapes: make one writer per document and keep it. Thread-safe; concurrent scrapes take turns.
/// </summary>
public sealed class PrometheusTextWriter(ExpositionDocument document)
{
    /// <summary>Value of the Content-Type header.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly LineArena _arena = new(new PrometheusSyntax());
    private FamilyStream? _laidOut;

    /// <summary>
    /// Reads every group once and writes the document. Allocates nothing unless groups have joined or left.
    /// </summary>
    /// <param name="output">A PipeWriter (flush it after, not during) or a buffer of the caller's, such as a reused
    /// <see cref="ArrayBufferWriter{T}"/>. It is asked for spans of 64 KiB.</param>
    public void Write(IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        lock (document.Gate)
        {
            var stream = document.Collect();
            if (!ReferenceEquals(stream, _laidOut))
            {
                _arena.Rebuild(stream);
                _laidOut = stream;
            }
            _arena.Write(document.Values, output);
        }
    }
}

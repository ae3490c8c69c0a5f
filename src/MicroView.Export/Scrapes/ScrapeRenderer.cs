using System.Buffers;
using System.IO.Compression;

namespace MicroView.Export;

/// <summary>
/// Answers the scrapes of one document in whatever format and encoding they ask for, each as one whole snapshot. Thread-safe: rendering takes turns, compressing does not.
/// Allocates per scrape and nothing per series.
/// </summary>
/// <param name="document">What is exposed.</param>
/// <param name="prepare">Called before each rendering, by one thread at a time.</param>
public sealed class ScrapeRenderer(ExpositionDocument document, Action? prepare = null)
{
    private const int KeptBuffers = 2; // of each kind: more scrapes at once are rare
    private readonly PrometheusTextWriter _text = new(document);
    private readonly OpenMetricsWriter _openMetrics = new(document);
    private readonly Lock _rendering = new();
    private readonly Stack<ArrayBufferWriter<byte>> _buffers = new();
    private readonly Stack<MemoryStream> _compressed = new();

    /// <summary>Renders the document.</summary>
    /// <param name="accept">The request's Accept header.</param>
    /// <param name="acceptEncoding">Its Accept-Encoding header.</param>
    /// <returns>The answer; disposing it gives its memory back for the next.</returns>
    public RenderedScrape Render(string? accept, string? acceptEncoding)
    {
        var choice = ScrapeChoice.Of(accept, acceptEncoding);
        var buffer = Render(choice.Format);
        var compressed = choice.IsCompressed ? Compress(buffer) : null;
        return new(this, choice, buffer, compressed);
    }

    internal void Return(ArrayBufferWriter<byte> buffer, MemoryStream? compressed)
    {
        buffer.ResetWrittenCount();
        lock (_buffers)
        {
            if (_buffers.Count < KeptBuffers)
                _buffers.Push(buffer);
            if (compressed is not null && _compressed.Count < KeptBuffers)
                _compressed.Push(compressed);
        }
    }

    private ArrayBufferWriter<byte> Render(ExpositionFormat format)
    {
        ArrayBufferWriter<byte>? buffer;
        lock (_buffers)
            if (!_buffers.TryPop(out buffer))
                buffer = new ArrayBufferWriter<byte>(64 * 1024);
        lock (_rendering)
        {
            prepare?.Invoke();
            (format == ExpositionFormat.OpenMetrics ? (ExpositionWriter)_openMetrics : _text).Write(buffer);
        }
        return buffer;
    }

    private MemoryStream Compress(ArrayBufferWriter<byte> text)
    {
        MemoryStream? stream;
        lock (_buffers)
            if (!_compressed.TryPop(out stream))
                stream = new MemoryStream();
        stream.SetLength(0);
        // The text repeats itself so much that the fastest level is a fraction of the cost of any other and hardly larger.
        using var gzip = new GZipStream(stream, CompressionLevel.Fastest, leaveOpen: true);
        gzip.Write(text.WrittenSpan);
        return stream;
    }
}

/// <summary>One rendered answer. For one caller; must not be used after <see cref="Dispose"/>.</summary>
public sealed class RenderedScrape : IDisposable
{
    private readonly ScrapeRenderer _owner;
    private readonly ArrayBufferWriter<byte> _text;
    private readonly MemoryStream? _compressed;
    private bool _isDisposed;

    internal RenderedScrape(ScrapeRenderer owner, ScrapeChoice choice, ArrayBufferWriter<byte> text, MemoryStream? compressed) =>
        (_owner, Choice, _text, _compressed) = (owner, choice, text, compressed);

    /// <summary>What was chosen.</summary>
    public ScrapeChoice Choice { get; }

    /// <summary>Value of the Content-Type header.</summary>
    public string ContentType => Choice.Format == ExpositionFormat.OpenMetrics ? OpenMetricsWriter.ContentType : PrometheusTextWriter.ContentType;

    /// <summary>Value of the Content-Encoding header; null: none.</summary>
    public string? ContentEncoding => Choice.IsCompressed ? "gzip" : null;

    /// <summary>Value of the Vary header: what the answer depends on.</summary>
    public static string Vary => "Accept, Accept-Encoding";

    /// <summary>The body.</summary>
    public ReadOnlyMemory<byte> Body => _compressed is null ? _text.WrittenMemory : _compressed.GetBuffer().AsMemory(0, (int)_compressed.Length);

    /// <summary>Gives the memory back.</summary>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        _owner.Return(_text, _compressed);
    }
}

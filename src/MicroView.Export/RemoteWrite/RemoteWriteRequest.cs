using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Snappier;

namespace MicroView.Export;

/// <summary>
/// One request of Prometheus remote write 1.0 (prometheus.io/docs/specs/prw/remote_write_spec): a protobuf WriteRequest, compressed with snappy's block format. Reused for the next
/// one, so that its memory is that of the largest. For one thread.
/// </summary>
/// <param name="more">Labels of every series beside its own, of which a series' own of the same name goes first.</param>
public sealed class RemoteWriteRequest(IReadOnlyList<Label> more)
{
    /// <summary>Value of the Content-Type header.</summary>
    public const string ContentType = "application/x-protobuf";

    /// <summary>Value of the Content-Encoding header.</summary>
    public const string ContentEncoding = "snappy";

    /// <summary>Value of the X-Prometheus-Remote-Write-Version header.</summary>
    public const string Version = "0.1.0";

    // Field number << 3 | wire type; 1: eight bytes, 2: with its length, 0: varint.
    private const byte TimeSeriesTag = 1 << 3 | 2, LabelTag = 1 << 3 | 2, SampleTag = 2 << 3 | 2, NameTag = 1 << 3 | 2, TextTag = 2 << 3 | 2, ValueTag = 1 << 3 | 1, TimeTag = 2 << 3;

    private readonly Label[] _more = [.. more.OrderBy(label => label.Name, StringComparer.Ordinal)];
    private readonly ArrayBufferWriter<byte> _message = new(64 * 1024), _labels = new(1024);
    private readonly List<(string Name, string Value, string Suffix)> _sorted = [];
    private byte[] _compressed = [];

    /// <summary>Samples in it, stale markers included.</summary>
    public int Samples { get; private set; }

    /// <summary>Bytes before compression.</summary>
    public int Length => _message.WrittenCount;

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        _message.ResetWrittenCount();
        Samples = 0;
    }

    /// <summary>
    /// Adds the samples of one line. A value that is absent where there was one before ends the series by Prometheus' stale marker.
    /// </summary>
    /// <param name="series">The series.</param>
    /// <param name="line">Which of its lines.</param>
    /// <param name="timesMs">Unix time of each row, ms, ascending.</param>
    /// <param name="bits">Bits of values, row after row, each of <see cref="PushedSeries.Count"/> lines.</param>
    /// <returns>How many samples it wrote.</returns>
    public int Add(PushedSeries series, int line, ReadOnlySpan<long> timesMs, ReadOnlySpan<long> bits)
    {
        ArgumentNullException.ThrowIfNull(series);
        var wasPresent = series.IsPresent[line];
        var (count, size) = (0, 0);
        for (var row = 0; row < timesMs.Length; row++)
            if (IsSample(series, line, bits[row * series.Count + line]))
                (count, size) = (count + 1, size + 2 + SampleSize(timesMs[row]));
        if (count == 0)
            return 0;
        series.IsPresent[line] = wasPresent;
        WriteLabels(series, line);
        Put(TimeSeriesTag);
        PutVarint((ulong)(_labels.WrittenCount + size), _message);
        _message.Write(_labels.WrittenSpan);
        for (var row = 0; row < timesMs.Length; row++)
            if (bits[row * series.Count + line] is var value && IsSample(series, line, value))
                PutSample(timesMs[row], value);
        Samples += count;
        return count;
    }

    /// <summary>The body, until the next call.</summary>
    public ReadOnlyMemory<byte> Compress()
    {
        var most = Snappy.GetMaxCompressedLength(_message.WrittenCount);
        if (_compressed.Length < most)
            _compressed = new byte[BitOperations.RoundUpToPowerOf2((uint)most)];
        return _compressed.AsMemory(0, Snappy.Compress(_message.WrittenSpan, _compressed));
    }

    /// <summary>Whether there is a sample, and follows whether the series is there.</summary>
    private static bool IsSample(PushedSeries series, int line, long value)
    {
        if (value == PushedSeries.UntouchedBits)
            return false;
        var isThere = value != ExpositionDocument.AbsentBits;
        var isSample = isThere || series.IsPresent[line];
        series.IsPresent[line] = isThere;
        return isSample;
    }

    private static int SampleSize(long timeMs) => 1 + sizeof(double) + 1 + VarintSize((ulong)timeMs);

    private void PutSample(long timeMs, long value)
    {
        var span = _message.GetSpan(32);
        span[0] = SampleTag;
        span[1] = (byte)SampleSize(timeMs); // at most 20
        span[2] = ValueTag;
        // The marker's bits are those of an absent value.
        BinaryPrimitives.WriteInt64LittleEndian(span[3..], value);
        span[11] = TimeTag;
        _message.Advance(12);
        PutVarint((ulong)timeMs, _message);
    }

    /// <summary>Sorted by name, as the protocol wants them.</summary>
    private void WriteLabels(PushedSeries series, int line)
    {
        _sorted.Clear();
        foreach (var (name, value) in series.LabelsOf(line))
            _sorted.Add((name, value, ""));
        Insert("__name__", series.FamilyOf(line), series.SuffixOf(line));
        if (series.BoundOf(line) is var bound && !double.IsNaN(bound))
            Insert("le", BoundText(bound), "");
        foreach (var label in _more)
            Insert(label.Name, label.Value, "");
        _labels.ResetWrittenCount();
        foreach (var (name, value, suffix) in _sorted)
        {
            var (nameSize, valueSize) = (Encoding.UTF8.GetByteCount(name), Encoding.UTF8.GetByteCount(value) + suffix.Length);
            _labels.Write([LabelTag]);
            PutVarint((ulong)(2 + VarintSize((ulong)nameSize) + nameSize + VarintSize((ulong)valueSize) + valueSize), _labels);
            _labels.Write([NameTag]);
            PutVarint((ulong)nameSize, _labels);
            Encoding.UTF8.GetBytes(name, _labels);
            _labels.Write([TextTag]);
            PutVarint((ulong)valueSize, _labels);
            Encoding.UTF8.GetBytes(value, _labels);
            Encoding.UTF8.GetBytes(suffix, _labels);
        }
    }

    private void Insert(string name, string value, string suffix)
    {
        var at = 0;
        while (at < _sorted.Count && string.CompareOrdinal(_sorted[at].Name, name) < 0)
            at++;
        if (at == _sorted.Count || _sorted[at].Name != name)
            _sorted.Insert(at, (name, value, suffix));
    }

    private static string BoundText(double bound)
    {
        Span<byte> text = stackalloc byte[ValueText.MaxLength];
        return Encoding.ASCII.GetString(text[..ValueText.Format(bound, text)]);
    }

    private void Put(byte value) => _message.Write([value]);

    private static void PutVarint(ulong value, ArrayBufferWriter<byte> output)
    {
        var span = output.GetSpan(10);
        var at = 0;
        for (; value >= 0x80; value >>= 7)
            span[at++] = (byte)(value | 0x80);
        span[at++] = (byte)value;
        output.Advance(at);
    }

    private static int VarintSize(ulong value) => Math.Max(1, (70 - BitOperations.LeadingZeroCount(value)) / 7);
}

using System.Buffers;
using System.Globalization;
using System.Text;
using System.Threading;
using Microsoft.Extensions.Logging;

namespace MicroView.Collector;

/// <summary>
/// <c>--decisions FILE</c>: a CSV line per classified row, written by a thread of its own (docs/recording.md). Numbers are printed so that reading them gives the same double.
/// A file that cannot be written is told once, and costs the decisions alone.
/// </summary>
internal sealed class DecisionLog : IDisposable
{
    private const int Capacity = 1 << 16; // a second of 65,536 rows, for a disk that stalls so long
    private const int PeriodMs = 50, TellLossMs = 10_000;
    private const int WriteBytes = 64 * 1024;
    private const int MaxNumber = 32; // characters of a double or a long
    private static readonly SearchValues<char> s_special = SearchValues.Create(",\"\r\n");

    private readonly FileStream _file;
    private readonly string _path;
    private readonly DecisionRing[] _rings;
    private readonly ILogger _logger;
    private readonly ManualResetEventSlim _closing = new(false, spinCount: 0);
    private readonly ArrayBufferWriter<byte> _buffer = new(2 * WriteBytes);
    private readonly Thread _thread;
    private long _lines, _lostTold, _toldAt;

    /// <summary>Creates the file, or empties it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="lmaps">How many LMAPs there are.</param>
    /// <param name="clock">The collector's.</param>
    /// <param name="isReplay">One thread decides for all LMAPs, and waits for the file.</param>
    /// <param name="logger">For what goes wrong.</param>
    /// <exception cref="CollectorStartException">It cannot be made.</exception>
    public DecisionLog(string path, int lmaps, CollectorClock clock, bool isReplay, ILogger logger)
    {
        (_path, _logger) = (Path.GetFullPath(path), logger);
        try
        {
            _file = new FileStream(_path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CollectorStartException($"--decisions: {error.Message.TrimEnd('.')}", error);
        }
        _rings = [.. Enumerable.Range(0, isReplay ? 1 : lmaps).Select(_ => new DecisionRing(Capacity, clock, isReplay))];
        _thread = new Thread(Run) { Name = "decisions", IsBackground = true };
    }

    /// <summary>Decisions that the file was too slow for.</summary>
    public long Lost => _rings.Sum(ring => ring.Lost);

    public DecisionRing Of(int lmap) => _rings[lmap % _rings.Length];

    public void Start() => _thread.Start();

    /// <summary>Writes what there is and closes the file; the LMAPs must have stopped.</summary>
    public void Dispose()
    {
        _closing.Set();
        if (_thread.IsAlive)
            _thread.Join();
        _file.Dispose();
        _closing.Dispose();
    }

    private void Run()
    {
        try
        {
            Append("time_ns,pod,score,threshold,anomalous,alarm\n");
            for (var last = false; !last;)
            {
                last = _closing.Wait(PeriodMs);
                Drain();
                TellLoss(last);
            }
            _logger.LogInformation("{Lines} decisions are in {Path}", _lines, _path);
        }
#pragma warning disable CA1031 // A file that cannot be written costs nothing else.
        catch (Exception error)
#pragma warning restore CA1031
        {
            _logger.LogError("The decisions in {Path} end here: {Error}; the collector goes on", _path, error.Message);
        }
        foreach (var ring in _rings)
            ring.Close();
    }

    private void Drain()
    {
        foreach (var ring in _rings)
            while (ring.TryRead(out var decision))
            {
                Append(decision);
                if (_buffer.WrittenCount >= WriteBytes)
                    Flush();
            }
        Flush();
    }

    private void Flush()
    {
        if (_buffer.WrittenCount == 0)
            return;
        _file.Write(_buffer.WrittenSpan);
        _buffer.ResetWrittenCount();
    }

    private void Append(in Decision decision)
    {
        _lines++;
        Append(decision.UnixNs, default);
        Append(",");
        Append(Quoted(decision.Pod.Pod));
        Append(",");
        Append(decision.Score, "R");
        Append(",");
        Append(decision.Threshold, "R");
        Append(decision.Anomalous ? ",1" : ",0");
        Append(decision.AlarmOpen ? ",1\n" : ",0\n");
    }

    private void Append<T>(T number, string? format) where T : IUtf8SpanFormattable
    {
        _ = number.TryFormat(_buffer.GetSpan(MaxNumber), out var written, format, CultureInfo.InvariantCulture);
        _buffer.Advance(written);
    }

    private void Append(string text) => _buffer.Advance(Encoding.UTF8.GetBytes(text, _buffer.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));

    private static string Quoted(string text) =>
        text.AsSpan().ContainsAny(s_special) ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;

    private void TellLoss(bool last)
    {
        if (Lost is var lost && (lost == _lostTold || (!last && Environment.TickCount64 - _toldAt < TellLossMs)))
            return;
        _logger.LogWarning("{Path} lacks {Lines} more decisions: they came faster than it takes them", _path, lost - _lostTold);
        (_lostTold, _toldAt) = (lost, Environment.TickCount64);
    }
}

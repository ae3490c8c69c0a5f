using System.Buffers;
using System.Threading;
using MicroView.Export;

namespace MicroView.Collector;

/// <summary>Rows of one group on their way to the receiver: the bits of each line's value, row after row.</summary>
internal sealed class SampleBatch : IDisposable
{
    private const int Overhead = 200; // of the objects and their place in the queue
    private readonly long[] _timesMs, _bits;

    /// <param name="series">The group's series.</param>
    /// <param name="capacity">Rows that it takes.</param>
    /// <param name="isOfRows">They are a pod's rows, and count for the share that was sent.</param>
    public SampleBatch(PushedSeries series, int capacity, bool isOfRows)
    {
        (Series, Capacity, IsOfRows) = (series, capacity, isOfRows);
        _timesMs = ArrayPool<long>.Shared.Rent(capacity);
        _bits = ArrayPool<long>.Shared.Rent(Math.Max(1, capacity * series.Count));
    }

    public PushedSeries Series { get; }

    public bool IsOfRows { get; }

    public int Capacity { get; }

    public int Rows { get; private set; }

    /// <summary>Samples in it.</summary>
    public int Samples { get; private set; }

    /// <summary>The first line that is in no request yet.</summary>
    public int NextLine { get; set; }

    public long Bytes => Overhead + (_timesMs.Length + _bits.Length) * sizeof(long);

    public ReadOnlySpan<long> TimesMs => _timesMs.AsSpan(0, Rows);

    public ReadOnlySpan<long> Bits => _bits.AsSpan(0, Rows * Series.Count);

    /// <summary>The next row's lines, to be filled.</summary>
    public Span<long> Begin() => _bits.AsSpan(Rows * Series.Count, Series.Count);

    /// <summary>Takes the row that was begun.</summary>
    public void Add(long timeMs, int samples)
    {
        _timesMs[Rows++] = timeMs;
        Samples += samples;
    }

    public void Dispose()
    {
        ArrayPool<long>.Shared.Return(_timesMs);
        ArrayPool<long>.Shared.Return(_bits);
    }
}

/// <summary>Batches that wait for the receiver, in order. When they are too much, the oldest are dropped and counted. Thread-safe.</summary>
internal sealed class SampleQueue(long limit, SampleStatistics statistics) : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Queue<SampleBatch> _batches = new();
    private readonly SemaphoreSlim _filled = new(0, 1);
    private long _bytes, _overflows;

    /// <summary>What it holds.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>Times that there was no room: what is older than what it holds has no claim any more.</summary>
    public long Overflows => Volatile.Read(ref _overflows);

    /// <summary>Time of the oldest sample in it, Unix ms; null when it is empty.</summary>
    public long? OldestMs
    {
        get
        {
            lock (_gate)
                return _batches.TryPeek(out var batch) ? batch.TimesMs[0] : null;
        }
    }

    public void Add(SampleBatch batch)
    {
        lock (_gate)
        {
            _batches.Enqueue(batch);
            _bytes += batch.Bytes;
            while (_bytes > limit)
            {
                var oldest = _batches.Dequeue();
                _bytes -= oldest.Bytes;
                _overflows++;
                statistics.Drop(DropReason.QueueFull, oldest.Samples);
                oldest.Dispose();
            }
            if (_filled.CurrentCount == 0)
                _filled.Release();
        }
    }

    /// <summary>The oldest batch; null when there is none.</summary>
    public SampleBatch? Take()
    {
        lock (_gate)
        {
            if (!_batches.TryDequeue(out var batch))
                return null;
            _bytes -= batch.Bytes;
            return batch;
        }
    }

    /// <summary>Waits until something was added since it last waited.</summary>
    public Task WaitAsync(CancellationToken cancellation) => _filled.WaitAsync(cancellation);

    public void Dispose() => _filled.Dispose();
}

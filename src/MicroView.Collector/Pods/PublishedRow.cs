using System.Runtime.CompilerServices;
using System.Threading;
using MicroView.Analysis;

namespace MicroView.Collector;

/// <summary>
/// A pod's newest row, handed from its LMAP to any number of readers without a lock and without a copy: two buffers and a version whose
/// parity says
/// which is whole. The writer only ever writes the other one, and a reader whose copy was overtaken sees it by the version and tries again.
/// </summary>
public sealed class PublishedRow
{
    // Enough for any reader that runs at all; a writer needs a whole scrape per step.
    private const int Tries = 10_000;
    private readonly AlignedRow _even, _odd;
    private long _version;
    private long _evenTime, _oddTime;

    /// <summary>A row of <paramref name="slots"/> slots, none published yet.</summary>
    public PublishedRow(int slots)
    {
        Slots = slots;
        var rows = AlignedRow.Block(2, slots);
        (_even, _odd) = (rows[0], rows[1]);
        // A slot that no read has filled yet must not pass for 0.
        _even.Span.Fill(double.NaN);
        _odd.Span.Fill(double.NaN);
    }

    /// <summary>Slots in the row.</summary>
    public int Slots { get; }

    /// <summary>Rows published so far.</summary>
    public long Version => Volatile.Read(ref _version);

    /// <summary>When the newest row was sampled, CLOCK_MONOTONIC, ns; 0 when there is none.</summary>
    public long TimeNs
    {
        get
        {
            for (var attempt = 0; ; attempt++)
            {
                var version = Volatile.Read(ref _version);
                var time = (version & 1) == 0 ? _evenTime : _oddTime;
                Volatile.ReadBarrier();
                if (version == Volatile.Read(ref _version) || attempt == Tries)
                    return time;
            }
        }
    }

    /// <summary>Copies the newest row; false when none was published. Thread-safe, never delays the writer.</summary>
    /// <param name="target">As many slots as are wanted; what lies beyond <see cref="Slots"/> is left as it is.</param>
    /// <param name="timeNs">When it was sampled.</param>
    public bool TryCopy(Span<double> target, out long timeNs)
    {
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            var version = Volatile.Read(ref _version);
            var even = (version & 1) == 0;
            timeNs = even ? _evenTime : _oddTime;
            if (version == 0)
                return false;
            (even ? _even : _odd).Span[..Math.Min(target.Length, Slots)].CopyTo(target);
            Volatile.ReadBarrier(); // the copy must not pass the second load
            if (version == Volatile.Read(ref _version))
                return true;
        }
        timeNs = 0;
        return false;
    }

    /// <summary>The buffer to write the next row into; for the writer.</summary>
    internal Span<double> BeginWrite()
    {
        Volatile.WriteBarrier(); // no store into the buffer may pass the version that withdrew it
        return Back;
    }

    /// <summary>The newest row; for the writer's thread.</summary>
    internal ReadOnlySpan<double> Front => (_version & 1) == 0 ? _even : _odd;

    private Span<double> Back => (_version & 1) == 0 ? _odd : _even;

    /// <summary>Adds what a write touches: the one buffer or the other.</summary>
    internal void AddTo(WorkingSet set)
    {
        set.Add(this, 96);
        _even.AddTo(set);
        _odd.AddTo(set);
    }

    /// <summary>Makes the buffer of <see cref="BeginWrite"/> the newest row; for the writer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Publish(long timeNs)
    {
        var next = _version + 1;
        if ((next & 1) == 0)
            _evenTime = timeNs;
        else
            _oddTime = timeNs;
        Volatile.Write(ref _version, next);
    }

    /// <summary>
    /// Takes over what a shorter row of the same pod holds, so that its series do not vanish for a scrape; for the writer.
    /// </summary>
    internal void Seed(PublishedRow former)
    {
        if (former._version == 0)
            return;
        var length = Math.Min(former.Slots, Slots);
        former.Front[..length].CopyTo(BeginWrite());
        Publish(former.TimeNs);
        _ = BeginWrite();
        former.Front[..length].CopyTo(Back); // objects that are not read keep their part in both buffers
    }
}

using System.Threading;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>The time that a collector works by: this machine's, or a recording's. Thread-safe.</summary>
internal abstract class CollectorClock
{
    private const long NsPerTick = 100;

    /// <summary>This machine's.</summary>
    public static CollectorClock Live { get; } = new LiveClock();

    /// <summary>CLOCK_MONOTONIC, ns.</summary>
    public abstract long NowNs { get; }

    /// <summary>Wall clock.</summary>
    public abstract DateTimeOffset Now { get; }

    /// <summary>What is to be added to <see cref="NowNs"/> for ns of Unix time; one figure for the whole run.</summary>
    protected abstract long UnixOffsetNs { get; }

    /// <summary>A moment of <see cref="NowNs"/> in ns of Unix time.</summary>
    public long UnixNs(long ns) => unchecked(ns + UnixOffsetNs);

    private sealed class LiveClock : CollectorClock
    {
        public override long NowNs => Clocks.MonotonicNs;

        public override DateTimeOffset Now => DateTimeOffset.UtcNow;

        protected override long UnixOffsetNs { get; } = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * NsPerTick - Clocks.MonotonicNs;
    }

    /// <summary>Stands where the replay stands.</summary>
    public sealed class Replayed(RecordingHeader header) : CollectorClock
    {
        private long _now = header.MonotonicNs;

        public override long NowNs => Volatile.Read(ref _now);

        public override DateTimeOffset Now
        {
            get
            {
                var ticks = UnixNs(NowNs) / NsPerTick;
                var most = (DateTime.MaxValue - DateTime.UnixEpoch).Ticks;
                return new(DateTime.UnixEpoch.AddTicks(Math.Clamp(ticks, 0, most)), TimeSpan.Zero);
            }
        }

        protected override long UnixOffsetNs => header.UnixNs - header.MonotonicNs;

        /// <summary>Moves it on; never back.</summary>
        public void MoveTo(long ns)
        {
            if (ns > _now)
                Volatile.Write(ref _now, ns);
        }
    }
}

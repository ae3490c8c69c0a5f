using System.Diagnostics;

namespace MicroView.Lab;

/// <summary>
/// The time of a cluster that lives faster than we do: <paramref name="speed"/> of its seconds in one of ours. What a controller waits for (syncs, windows, steps of load) is told in the cluster's time; what work takes is
/// not changed by it. Thread-safe.
/// </summary>
internal sealed class ClusterClock(double speed)
{
    private readonly long _began = Stopwatch.GetTimestamp();

    /// <summary>Seconds of the cluster in one of ours.</summary>
    public double Speed { get; } = speed > 0 ? speed : throw new ArgumentOutOfRangeException(nameof(speed), speed, "must be above 0");

    /// <summary>Since the clock began.</summary>
    public TimeSpan Now => Stopwatch.GetElapsedTime(_began) * Speed;

    /// <summary>Unix time when it began, ns; what MicroView's times are put beside.</summary>
    public long BeganUnixNs { get; } = (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;

    /// <summary>Our time for a time of the cluster.</summary>
    public TimeSpan Real(TimeSpan cluster) => cluster / Speed;

    /// <summary>The cluster's time of a moment of Unix time, seconds.</summary>
    public double SecondsOf(long unixNs) => (unixNs - BeganUnixNs) / 1e9 * Speed;

    /// <summary>Waits until a time of the cluster has come; at once if it has.</summary>
    public Task UntilAsync(TimeSpan cluster, CancellationToken stop)
    {
        var left = Real(cluster - Now);
        return left > TimeSpan.Zero ? Task.Delay(left, stop) : Task.CompletedTask;
    }
}

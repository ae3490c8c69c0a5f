namespace MicroView.Cli;

/// <summary>Values as services have them, at a few ns each, so that a generator costs what an instrumented service's updates do and little more. For one thread.</summary>
internal sealed class GeneratedValues
{
    // Small: what a row of values touches, it pushes out of the caches that others use.
    private const int LatencyBits = 8, Latencies = 1 << LatencyBits;
    private readonly double[] _latencies = new double[Latencies];
    private ulong _state = 0x9E3779B97F4A7C15;

    public GeneratedValues()
    {
        var random = new Random(1);
        for (var i = 0; i < Latencies; i++)
            _latencies[i] = 0.05 * Math.Exp(0.3 * (random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5));
    }

    /// <summary>Requests since the last row, 1…9: counters move by whole numbers.</summary>
    public double Requests() => 1 + (long)(((Next() >> 32) * 9) >> 32);

    /// <summary>Seconds, around 50 ms with a tail, as latencies are.</summary>
    public double Latency() => _latencies[Next() >> (64 - LatencyBits)];

    /// <summary>xorshift64*.</summary>
    private ulong Next()
    {
        _state ^= _state >> 12;
        _state ^= _state << 25;
        _state ^= _state >> 27;
        return _state * 0x2545F4914F6CDD1D;
    }
}

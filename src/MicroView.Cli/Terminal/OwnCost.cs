using System.Globalization;
using MicroView.Protocol;

namespace MicroView.Cli;

/// <summary>CPU and memory of this process: cores over the last seconds, resident bytes now. For one thread.</summary>
internal sealed class OwnCost
{
    private const long WindowNs = 10_000_000_000;
    private readonly Queue<(long Wall, long Cpu)> _samples = new();

    public double Cores { get; private set; }

    public long Bytes { get; private set; }

    public void Sample()
    {
        var now = (Wall: Clocks.MonotonicNs, Cpu: Clocks.ProcessCpuNs);
        _samples.Enqueue(now);
        while (_samples.Count > 2 && now.Wall - _samples.Peek().Wall > WindowNs)
            _samples.Dequeue();
        var first = _samples.Peek();
        if (now.Wall > first.Wall)
            Cores = (double)(now.Cpu - first.Cpu) / (now.Wall - first.Wall);
        Bytes = ResidentBytes();
    }

    private static long ResidentBytes()
    {
        var fields = File.ReadAllText("/proc/self/statm").Split(' ');
        return long.Parse(fields[1], CultureInfo.InvariantCulture) * Environment.SystemPageSize;
    }
}

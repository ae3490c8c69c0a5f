using System.Runtime.CompilerServices;
using MicroView.Collector;
using MicroView.Protocol;

namespace MicroView.Cli;

/// <summary>CPU and memory of pods, from the rows that the collector has read anyway. For one thread.</summary>
internal sealed class PodUsage
{
    private const long ShortestNs = 900_000_000; // shorter stretches make the figures flicker

    private static readonly string[] s_cpu =
        ["process_cpu_seconds_total", "container_cpu_usage_seconds_total", "process_cpu_time_seconds_total", "dotnet_process_cpu_time_seconds_total"];

    private static readonly string[] s_memory =
        ["process_resident_memory_bytes", "container_memory_working_set_bytes", "container_memory_usage_bytes", "dotnet_process_memory_working_set_bytes"];

    private readonly ConditionalWeakTable<PodSchema, Slots> _slots = [];
    private readonly ConditionalWeakTable<MonitoredPod, Usage> _usage = [];
    private double[] _row = new double[64];

    /// <summary>Cores and bytes; NaN where the pod has no such metric, or no rate yet.</summary>
    public (double Cores, double Bytes) Of(MonitoredPod pod)
    {
        var slots = _slots.GetValue(pod.Schema, Slots.Find);
        var usage = _usage.GetValue(pod, static _ => new());
        if (slots.Length == 0 || usage.Version == pod.Row.Version)
            return (usage.Cores, usage.Bytes);
        if (_row.Length < slots.Length)
            _row = new double[slots.Length * 2];
        usage.Version = pod.Row.Version;
        if (pod.Row.TryCopy(_row.AsSpan(0, slots.Length), out var timeNs))
            usage.Take(slots.Cpu.Length == 0 ? double.NaN : slots.Sum(_row), slots.Memory < 0 ? double.NaN : _row[slots.Memory], timeNs);
        return (usage.Cores, usage.Bytes);
    }

    /// <summary>Where a schema has its CPU time and memory. CPU time may be split by a label, so several slots may count.</summary>
    private sealed record Slots(int[] Cpu, int Memory)
    {
        /// <summary>Slots of a row to be copied.</summary>
        public int Length { get; } = Math.Max(Memory, Cpu.Length == 0 ? -1 : Cpu.Max()) + 1;

        public static Slots Find(PodSchema schema) =>
            new(s_cpu.Select(name => All(schema, name)).FirstOrDefault(slots => slots.Length > 0) ?? [], s_memory.SelectMany(name => All(schema, name)).Append(-1).First());

        public double Sum(double[] row)
        {
            var sum = 0.0;
            foreach (var slot in Cpu)
                sum += row[slot];
            return sum;
        }

        private static int[] All(PodSchema schema, string name) =>
            [.. Enumerable.Range(0, schema.Descriptors.Count).Where(slot => schema.Descriptors[slot].Name == name && schema.Descriptors[slot].Role == SlotRole.Value)];
    }

    private sealed class Usage
    {
        private double _cpu = double.NaN;
        private long _timeNs;

        public long Version = -1;

        public double Cores { get; private set; } = double.NaN;

        public double Bytes { get; private set; } = double.NaN;

        public void Take(double cpu, double bytes, long timeNs)
        {
            Bytes = bytes;
            if (double.IsNaN(_cpu) || double.IsNaN(cpu) || timeNs - _timeNs >= ShortestNs)
            {
                if (timeNs > _timeNs && cpu >= _cpu)
                    Cores = (cpu - _cpu) / ((timeNs - _timeNs) / 1e9);
                (_cpu, _timeNs) = (cpu, timeNs);
            }
        }
    }
}

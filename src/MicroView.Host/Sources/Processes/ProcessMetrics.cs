using System.Runtime.CompilerServices;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>The metrics of a process, each with its cell in <see cref="ProcessCells"/>.</summary>
internal enum ProcessMetric
{
    CpuNs, ResidentBytes, AnonymousBytes, VirtualBytes, MinorFaults, MajorFaults, Threads, Members, OpenFiles,
    Switches, WaitNs, ReadBytes, WrittenBytes, ReadCalls, WriteCalls, StorageReadBytes, StorageWrittenBytes, StartSeconds,
}

/// <summary>One whole number per metric, of one process or summed over a group.</summary>
[InlineArray(Count)]
internal struct ProcessCells
{
    internal const int Count = (int)ProcessMetric.StartSeconds + 1;
    private long _cell;

    internal long this[ProcessMetric metric]
    {
        readonly get => this[(int)metric];
        set => this[(int)metric] = value;
    }
}

/// <summary>Names, units, help and resolution of the metrics of a process group.</summary>
internal static class ProcessMetrics
{
    internal static readonly (SlotDescriptor Descriptor, double Scale)[] All = new (SlotDescriptor, double)[ProcessCells.Count];

    /// <summary>Metrics of which one file tells all or nothing.</summary>
    internal static readonly ProcessMetric[]
        OfIo = [ProcessMetric.ReadBytes, ProcessMetric.WrittenBytes, ProcessMetric.ReadCalls, ProcessMetric.WriteCalls, ProcessMetric.StorageReadBytes, ProcessMetric.StorageWrittenBytes],
        OfScheduler = [ProcessMetric.Switches, ProcessMetric.WaitNs],
        OfMemory = [ProcessMetric.ResidentBytes, ProcessMetric.AnonymousBytes, ProcessMetric.VirtualBytes];

    private const double Kilobyte = 1024, Megabyte = 1024 * 1024;

    static ProcessMetrics()
    {
        Counter(ProcessMetric.CpuNs, "process_cpu_seconds_total", "seconds", 0.005, "CPU time used, user and system.", 1e-9);
        Gauge(ProcessMetric.ResidentBytes, "process_resident_memory_bytes", "bytes", Megabyte, "Memory in RAM.");
        Gauge(ProcessMetric.AnonymousBytes, "process_anonymous_memory_bytes", "bytes", Megabyte, "Memory in RAM that belongs to no file: heap and stacks.");
        Gauge(ProcessMetric.VirtualBytes, "process_virtual_memory_bytes", "bytes", 64 * Megabyte, "Address space in use.");
        Counter(ProcessMetric.MinorFaults, "process_page_faults_total", null, 200, "Page faults, by whether storage had to be read (major).", labels: ("type", "minor"));
        Counter(ProcessMetric.MajorFaults, "process_page_faults_total", null, 5, "Page faults, by whether storage had to be read (major).", labels: ("type", "major"));
        Gauge(ProcessMetric.Threads, "process_threads", null, 1, "Threads.");
        Gauge(ProcessMetric.Members, "process_group_processes", null, 1, "Processes in this group.");
        Gauge(ProcessMetric.OpenFiles, "process_open_fds", null, 5, "Open file descriptors, sockets among them.");
        Counter(ProcessMetric.Switches, "process_context_switches_total", null, 50, "Times that the processes' main threads were switched in.");
        Counter(ProcessMetric.WaitNs, "process_cpu_wait_seconds_total", "seconds", 0.05, "Time that the processes' main threads were ready but had no core.", 1e-9);
        Counter(ProcessMetric.ReadBytes, "process_io_bytes_total", "bytes", 64 * Kilobyte, "Bytes through read and write calls, pipes and caches included.", labels: ("direction", "read"));
        Counter(ProcessMetric.WrittenBytes, "process_io_bytes_total", "bytes", 64 * Kilobyte, "Bytes through read and write calls, pipes and caches included.", labels: ("direction", "write"));
        Counter(ProcessMetric.ReadCalls, "process_io_calls_total", null, 50, "Read and write system calls.", labels: ("direction", "read"));
        Counter(ProcessMetric.WriteCalls, "process_io_calls_total", null, 50, "Read and write system calls.", labels: ("direction", "write"));
        Counter(ProcessMetric.StorageReadBytes, "process_storage_bytes_total", "bytes", 64 * Kilobyte, "Bytes fetched from and sent to storage.", labels: ("direction", "read"));
        Counter(ProcessMetric.StorageWrittenBytes, "process_storage_bytes_total", "bytes", 64 * Kilobyte, "Bytes fetched from and sent to storage.", labels: ("direction", "write"));
        // A restart moves it by more than any floor: it is there for people, and must not weigh in the score of a group that comes and goes.
        Gauge(ProcessMetric.StartSeconds, "process_start_time_seconds", "seconds", 1e9, "Start of the oldest process of the group, Unix time.");
    }

    internal static bool IsCounter(int cell) => All[cell].Descriptor.Type == MetricType.Counter;

    private static void Counter(ProcessMetric metric, string name, string? unit, double resolution, string help, double scale = 1, (string, string)? labels = null) =>
        All[(int)metric] = (Describe(name, MetricType.Counter, unit, resolution, help, labels), scale);

    private static void Gauge(ProcessMetric metric, string name, string? unit, double resolution, string help) =>
        All[(int)metric] = (Describe(name, MetricType.Gauge, unit, resolution, help, null), 1);

    internal static SlotDescriptor Describe(string name, MetricType type, string? unit, double resolution, string help, (string Name, string Value)? label) => new()
    {
        Name = name, Type = type, Unit = unit, Resolution = resolution, Help = help,
        Labels = label is { } pair ? new(StringComparer.Ordinal) { [pair.Name] = pair.Value } : null,
    };
}

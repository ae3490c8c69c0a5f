using System.Runtime.CompilerServices;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>The metrics of a cgroup, each with its cell in <see cref="CgroupCells"/>.</summary>
internal enum CgroupMetric
{
    CpuNs, ThrottledNs, ThrottledPeriods, UsageBytes, RssBytes, CacheBytes, WorkingSetBytes, LimitBytes, FailedCharges, OomKills, Faults, MajorFaults,
    ReadBytes, WrittenBytes, Reads, Writes, Threads, CpuStallUs, MemoryStallUs, IoStallUs,
}

/// <summary>One whole number per metric; -1 where the node does not tell.</summary>
[InlineArray(Count)]
internal struct CgroupCells
{
    internal const int Count = (int)CgroupMetric.IoStallUs + 1;
    private long _cell;

    internal long this[CgroupMetric metric]
    {
        readonly get => this[(int)metric];
        set => this[(int)metric] = value;
    }
}

/// <summary>Names, units, help and resolution of the metrics of a cgroup: cAdvisor's, so that dashboards made for it work.</summary>
internal static class CgroupMetrics
{
    internal static readonly (SlotDescriptor Descriptor, double Scale)[] All = new (SlotDescriptor, double)[CgroupCells.Count];

    private const double Kilobyte = 1024, Megabyte = 1024 * 1024;
    private const string FaultHelp = "Page faults, by whether storage had to be read (pgmajfault).";

    static CgroupMetrics()
    {
        Counter(CgroupMetric.CpuNs, "container_cpu_usage_seconds_total", "seconds", 0.005, "CPU time used, user and system.", 1e-9);
        Counter(CgroupMetric.ThrottledNs, "container_cpu_cfs_throttled_seconds_total", "seconds", 0.005, "Time that the CPU quota held it back.", 1e-9);
        Counter(CgroupMetric.ThrottledPeriods, "container_cpu_cfs_throttled_periods_total", null, 0.5, "Periods in which the CPU quota held it back.");
        Gauge(CgroupMetric.UsageBytes, "container_memory_usage_bytes", Megabyte, "Memory charged to it, the page cache included.");
        Gauge(CgroupMetric.RssBytes, "container_memory_rss", Megabyte, "Memory that belongs to no file: heap and stacks.");
        Gauge(CgroupMetric.CacheBytes, "container_memory_cache", 4 * Megabyte, "Page cache charged to it.");
        Gauge(CgroupMetric.WorkingSetBytes, "container_memory_working_set_bytes", Megabyte, "Memory in use but for the inactive page cache.");
        Gauge(CgroupMetric.LimitBytes, "container_spec_memory_limit_bytes", Megabyte, "Memory limit; 0 for none.");
        Counter(CgroupMetric.FailedCharges, "container_memory_failcnt", null, 0.5, "Times that memory use hit the limit.");
        Counter(CgroupMetric.OomKills, "container_oom_events_total", null, 0.01, "Processes killed for want of memory.");
        Counter(CgroupMetric.Faults, "container_memory_failures_total", null, 200, FaultHelp, label: ("failure_type", "pgfault"));
        Counter(CgroupMetric.MajorFaults, "container_memory_failures_total", null, 5, FaultHelp, label: ("failure_type", "pgmajfault"));
        Counter(CgroupMetric.ReadBytes, "container_fs_reads_bytes_total", "bytes", 64 * Kilobyte, "Bytes read from block devices.");
        Counter(CgroupMetric.WrittenBytes, "container_fs_writes_bytes_total", "bytes", 64 * Kilobyte, "Bytes written to block devices.");
        Counter(CgroupMetric.Reads, "container_fs_reads_total", null, 10, "Reads from block devices.");
        Counter(CgroupMetric.Writes, "container_fs_writes_total", null, 10, "Writes to block devices.");
        All[(int)CgroupMetric.Threads] = (ProcessMetrics.Describe("container_threads", MetricType.Gauge, null, 1, "Processes and threads.", null), 1);
        Counter(CgroupMetric.CpuStallUs, "container_pressure_cpu_waiting_seconds_total", "seconds", 0.005, "Time in which some task waited for a core (PSI).", 1e-6);
        Counter(CgroupMetric.MemoryStallUs, "container_pressure_memory_waiting_seconds_total", "seconds", 0.005, "Time in which some task waited for memory (PSI).", 1e-6);
        Counter(CgroupMetric.IoStallUs, "container_pressure_io_waiting_seconds_total", "seconds", 0.005, "Time in which some task waited for I/O (PSI).", 1e-6);
    }

    internal static bool IsCounter(int cell) => All[cell].Descriptor.Type == MetricType.Counter;

    private static void Counter(CgroupMetric metric, string name, string? unit, double resolution, string help, double scale = 1, (string, string)? label = null) =>
        All[(int)metric] = (ProcessMetrics.Describe(name, MetricType.Counter, unit, resolution, help, label), scale);

    private static void Gauge(CgroupMetric metric, string name, double resolution, string help) =>
        All[(int)metric] = (ProcessMetrics.Describe(name, MetricType.Gauge, "bytes", resolution, help, null), 1);
}

namespace MicroView.Host;

/// <summary>A file of a cgroup that holds some of its metrics.</summary>
internal enum CgroupFile
{
    CpuUsage1, CpuStat1, MemoryUsage, MemoryStat1, MemoryLimit, MemoryFailures1, MemoryOom1, IoBytes1, IoCalls1, Threads,
    CpuStat2, MemoryStat2, MemoryEvents2, IoStat2, CpuPressure, MemoryPressure, IoPressure,
}

/// <summary>The files of either version of cgroups, and how to read them (kernel documentation: cgroup-v1, cgroup-v2).</summary>
internal static class CgroupFiles
{
    private const long NoLimit = 1L << 62; // version 1 writes "no limit" as a number near 2⁶³

    /// <summary>Controller, name and format of each file of version 1; the first holds the CPU usage.</summary>
    internal static readonly (string Controller, string Name, CgroupFile File)[] Version1 =
    [
        ("cpuacct", "cpuacct.usage", CgroupFile.CpuUsage1), ("cpu", "cpu.stat", CgroupFile.CpuStat1),
        ("memory", "memory.usage_in_bytes", CgroupFile.MemoryUsage), ("memory", "memory.stat", CgroupFile.MemoryStat1),
        ("memory", "memory.limit_in_bytes", CgroupFile.MemoryLimit), ("memory", "memory.failcnt", CgroupFile.MemoryFailures1),
        ("memory", "memory.oom_control", CgroupFile.MemoryOom1),
        ("blkio", "blkio.throttle.io_service_bytes_recursive", CgroupFile.IoBytes1), ("blkio", "blkio.throttle.io_serviced_recursive", CgroupFile.IoCalls1),
        ("pids", "pids.current", CgroupFile.Threads),
    ];

    /// <summary>The files of version 2.</summary>
    internal static readonly (string Controller, string Name, CgroupFile File)[] Version2 =
    [
        ("", "cpu.stat", CgroupFile.CpuStat2), ("", "memory.current", CgroupFile.MemoryUsage), ("", "memory.stat", CgroupFile.MemoryStat2),
        ("", "memory.max", CgroupFile.MemoryLimit), ("", "memory.events", CgroupFile.MemoryEvents2), ("", "io.stat", CgroupFile.IoStat2),
        ("", "pids.current", CgroupFile.Threads), ("", "cpu.pressure", CgroupFile.CpuPressure), ("", "memory.pressure", CgroupFile.MemoryPressure),
        ("", "io.pressure", CgroupFile.IoPressure),
    ];

    /// <summary>Puts what the text of a file says into the cells. Text that was cut leaves what it does not tell as it was.</summary>
    internal static void Parse(CgroupFile file, ReadOnlySpan<byte> text, ref CgroupCells cells)
    {
        switch (file)
        {
            case CgroupFile.CpuUsage1: Put(ref cells, CgroupMetric.CpuNs, KernelText.Number(text)); break;
            case CgroupFile.MemoryUsage: PutUsage(ref cells, KernelText.Number(text)); break;
            case CgroupFile.MemoryLimit: PutLimit(ref cells, text); break;
            case CgroupFile.MemoryFailures1: Put(ref cells, CgroupMetric.FailedCharges, KernelText.Number(text)); break;
            case CgroupFile.MemoryOom1: Put(ref cells, CgroupMetric.OomKills, KernelText.ValueOf(text, "oom_kill"u8)); break;
            case CgroupFile.Threads: Put(ref cells, CgroupMetric.Threads, KernelText.Number(text)); break;
            case CgroupFile.IoBytes1: ParseIo1(text, ref cells, CgroupMetric.ReadBytes, CgroupMetric.WrittenBytes); break;
            case CgroupFile.IoCalls1: ParseIo1(text, ref cells, CgroupMetric.Reads, CgroupMetric.Writes); break;
            case CgroupFile.IoStat2: ParseIo2(text, ref cells); break;
            case CgroupFile.CpuPressure: Put(ref cells, CgroupMetric.CpuStallUs, KernelText.FirstAfter(text, "total="u8)); break;
            case CgroupFile.MemoryPressure: Put(ref cells, CgroupMetric.MemoryStallUs, KernelText.FirstAfter(text, "total="u8)); break;
            case CgroupFile.IoPressure: Put(ref cells, CgroupMetric.IoStallUs, KernelText.FirstAfter(text, "total="u8)); break;
            default: ParseKeyed(file, text, ref cells); break;
        }
    }

    private static void ParseKeyed(CgroupFile file, ReadOnlySpan<byte> text, ref CgroupCells cells)
    {
        while (KernelText.NextLine(ref text, out var line))
        {
            var key = KernelText.NextWord(ref line);
            switch (file)
            {
                case CgroupFile.CpuStat1: CpuStat1(key, line, ref cells); break;
                case CgroupFile.CpuStat2: CpuStat2(key, line, ref cells); break;
                case CgroupFile.MemoryStat1: MemoryStat(key.StartsWith("total_"u8) ? key[6..] : default, line, ref cells); break;
                case CgroupFile.MemoryStat2: MemoryStat(key, line, ref cells); break;
                case CgroupFile.MemoryEvents2 when key.SequenceEqual("max"u8): Put(ref cells, CgroupMetric.FailedCharges, KernelText.Number(line)); break;
                case CgroupFile.MemoryEvents2 when key.SequenceEqual("oom_kill"u8): Put(ref cells, CgroupMetric.OomKills, KernelText.Number(line)); break;
            }
        }
    }

    private static void CpuStat1(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ref CgroupCells cells)
    {
        if (key.SequenceEqual("nr_throttled"u8))
            Put(ref cells, CgroupMetric.ThrottledPeriods, KernelText.Number(value));
        else if (key.SequenceEqual("throttled_time"u8))
            Put(ref cells, CgroupMetric.ThrottledNs, KernelText.Number(value));
    }

    private static void CpuStat2(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ref CgroupCells cells)
    {
        if (key.SequenceEqual("usage_usec"u8))
            Put(ref cells, CgroupMetric.CpuNs, Nanoseconds(KernelText.Number(value)));
        else if (key.SequenceEqual("nr_throttled"u8))
            Put(ref cells, CgroupMetric.ThrottledPeriods, KernelText.Number(value));
        else if (key.SequenceEqual("throttled_usec"u8))
            Put(ref cells, CgroupMetric.ThrottledNs, Nanoseconds(KernelText.Number(value)));
    }

    /// <summary>Version 2 says anon and file where version 1 says total_rss and total_cache.</summary>
    private static void MemoryStat(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, ref CgroupCells cells)
    {
        if (key.SequenceEqual("anon"u8) || key.SequenceEqual("rss"u8))
            Put(ref cells, CgroupMetric.RssBytes, KernelText.Number(value));
        else if (key.SequenceEqual("file"u8) || key.SequenceEqual("cache"u8))
            Put(ref cells, CgroupMetric.CacheBytes, KernelText.Number(value));
        else if (key.SequenceEqual("inactive_file"u8) && cells[CgroupMetric.UsageBytes] >= 0 && KernelText.Number(value) is >= 0 and var inactive)
            cells[CgroupMetric.WorkingSetBytes] = Math.Max(0, cells[CgroupMetric.UsageBytes] - inactive);
        else if (key.SequenceEqual("pgfault"u8))
            Put(ref cells, CgroupMetric.Faults, KernelText.Number(value));
        else if (key.SequenceEqual("pgmajfault"u8))
            Put(ref cells, CgroupMetric.MajorFaults, KernelText.Number(value));
    }

    /// <summary>"8:0 Read 4096", a line per device and operation, then a total.</summary>
    private static void ParseIo1(ReadOnlySpan<byte> text, ref CgroupCells cells, CgroupMetric reads, CgroupMetric writes)
    {
        long read = 0, written = 0;
        while (KernelText.NextLine(ref text, out var line))
        {
            _ = KernelText.NextWord(ref line);
            var operation = KernelText.NextWord(ref line);
            if (operation.SequenceEqual("Read"u8))
                read += Math.Max(0, KernelText.Number(line));
            else if (operation.SequenceEqual("Write"u8))
                written += Math.Max(0, KernelText.Number(line));
        }
        Put(ref cells, reads, read);
        Put(ref cells, writes, written);
    }

    /// <summary>"8:0 rbytes=4096 wbytes=0 rios=1 wios=0 dbytes=0 dios=0", a line per device.</summary>
    private static void ParseIo2(ReadOnlySpan<byte> text, ref CgroupCells cells)
    {
        long readBytes = 0, writtenBytes = 0, reads = 0, writes = 0;
        while (KernelText.NextLine(ref text, out var line))
        {
            readBytes += Math.Max(0, KernelText.FirstAfter(line, " rbytes="u8));
            writtenBytes += Math.Max(0, KernelText.FirstAfter(line, " wbytes="u8));
            reads += Math.Max(0, KernelText.FirstAfter(line, " rios="u8));
            writes += Math.Max(0, KernelText.FirstAfter(line, " wios="u8));
        }
        Put(ref cells, CgroupMetric.ReadBytes, readBytes);
        Put(ref cells, CgroupMetric.WrittenBytes, writtenBytes);
        Put(ref cells, CgroupMetric.Reads, reads);
        Put(ref cells, CgroupMetric.Writes, writes);
    }

    private static void PutUsage(ref CgroupCells cells, long usage) => Put(ref cells, CgroupMetric.UsageBytes, usage);

    private static void PutLimit(ref CgroupCells cells, ReadOnlySpan<byte> text)
    {
        var limit = text.StartsWith("max"u8) ? 0 : KernelText.Number(text);
        Put(ref cells, CgroupMetric.LimitBytes, limit >= NoLimit ? 0 : limit);
    }

    private static long Nanoseconds(long microseconds) => microseconds is < 0 or > long.MaxValue / 1000 ? -1 : microseconds * 1000;

    /// <summary>A counter never goes back: a cut file, or a device that was unplugged, is no reset.</summary>
    private static void Put(ref CgroupCells cells, CgroupMetric metric, long value)
    {
        if (value < 0)
            return;
        cells[metric] = CgroupMetrics.IsCounter((int)metric) ? Math.Max(cells[metric], value) : value;
    }
}

namespace MicroView.Protocol;

/// <summary>The kernel's clocks, in nanoseconds. No call allocates.</summary>
public static unsafe class Clocks
{
    /// <summary>CLOCK_MONOTONIC: the row clock of a host.</summary>
    public static long MonotonicNs => Read(Libc.CLOCK_MONOTONIC);

    /// <summary>CPU time of this process, all threads.</summary>
    public static long ProcessCpuNs => Read(Libc.CLOCK_PROCESS_CPUTIME_ID);

    /// <summary>CPU time of the calling thread.</summary>
    public static long ThreadCpuNs => Read(Libc.CLOCK_THREAD_CPUTIME_ID);

    /// <summary>CPU time of another process, to the nanosecond where /proc counts 10 ms ticks; -1 when it is gone.</summary>
    public static long CpuNsOf(int processId) => Read(~processId << 3 | 2);

    private static long Read(int clock)
    {
        TimeSpec time;
        return Libc.clock_gettime(clock, &time) == 0 ? time.Seconds * 1_000_000_000 + time.Nanoseconds : -1;
    }
}

namespace MicroView.Protocol;

/// <summary>What this process may do on this machine.</summary>
public static unsafe class Machine
{
    /// <summary>Effective user id.</summary>
    public static uint UserId => Libc.geteuid();

    /// <summary>True for root.</summary>
    public static bool IsRoot => UserId == 0;

    /// <summary>Soft limit of open descriptors; <see cref="long.MaxValue"/> for unlimited.</summary>
    public static long DescriptorLimit => Limit(Libc.RLIMIT_NOFILE);

    /// <summary>Soft limit of locked memory in bytes; <see cref="long.MaxValue"/> for unlimited.</summary>
    public static long LockedMemoryLimit => Limit(Libc.RLIMIT_MEMLOCK);

    /// <summary>Mappings that a process may have (vm.max_map_count).</summary>
    public static long MapLimit
    {
        get
        {
            try
            {
                return long.Parse(File.ReadAllText("/proc/sys/vm/max_map_count"), System.Globalization.CultureInfo.InvariantCulture);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException or FormatException)
            {
                return 65530; // the kernel's default
            }
        }
    }

    /// <summary>
    /// 64 random bits from the kernel. The runtime's own generator loads OpenSSL and ends a process that has none, which may be the application's.
    /// </summary>
    /// <exception cref="SystemCallException">The kernel refused.</exception>
    public static ulong RandomBits()
    {
        ulong bits;
        SystemCallException.Check((int)Libc.getrandom(&bits, sizeof(ulong), 0), "getrandom", "the kernel");
        return bits;
    }

    /// <summary>Binds the calling thread to one core; false when the kernel refused.</summary>
    public static bool PinThread(int core)
    {
        if (core is < 0 or >= 1024)
            return false;
        var mask = stackalloc ulong[16];
        new Span<ulong>(mask, 16).Clear();
        mask[core / 64] = 1UL << (core % 64);
        return Libc.sched_setaffinity(0, 128, mask) == 0;
    }

    private static long Limit(int resource)
    {
        ResourceLimit limit;
        if (Libc.getrlimit(resource, &limit) != 0)
            return -1;
        return limit.Soft > long.MaxValue ? long.MaxValue : (long)limit.Soft;
    }
}

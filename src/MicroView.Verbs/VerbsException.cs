using System.Globalization;
using System.Runtime.InteropServices;

namespace MicroView.Verbs;

/// <summary>
/// A call of libibverbs failed, or there is nothing to call it on. The message is one line: call, object, errno in words and,
/// where one is known, the remedy (the memlock limit for a registration that the kernel refused).
/// </summary>
/// <param name="call">The C function.</param>
/// <param name="subject">What it was called on.</param>
/// <param name="errno">The call's errno.</param>
/// <param name="message">The whole line.</param>
public sealed class VerbsException(string call, string subject, int errno, string message) : IOException(message)
{
    /// <summary>The C function that failed.</summary>
    public string Call => call;

    /// <summary>What it was called on.</summary>
    public string Subject => subject;

    /// <summary>The call's errno.</summary>
    public int Errno => errno;

    internal static VerbsException Of(string call, string subject, int errno) =>
        new(call, subject, errno, $"{call} failed on {subject}: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno}){Remedy(call, errno, MemlockLimit())}");

    /// <summary>For calls that return errno.</summary>
    internal static void Check(int errno, string call, string subject)
    {
        if (errno != 0)
            throw Of(call, subject, errno);
    }

    /// <summary>What to do, where it is known; <paramref name="memlock"/> is RLIMIT_MEMLOCK in bytes.</summary>
    internal static string Remedy(string call, int errno, ulong memlock) => (call, errno) switch
    {
        // CQs and QPs are pinned memory too, for devices that read them.
        ("ibv_reg_mr" or "ibv_create_cq" or "ibv_create_qp", VerbsValues.ENOMEM) when memlock != ulong.MaxValue => MemlockRemedy(memlock),
        ("ibv_reg_mr", VerbsValues.EPERM) when memlock == 0 => MemlockRemedy(memlock),
        ("ibv_reg_mr", VerbsValues.EFAULT) => "; the range is not mapped, or mapped read-only: map it read-write and shared",
        ("ibv_reg_mr", VerbsValues.EINVAL) => "; remote write needs local write beside it",
        ("ibv_open_device", VerbsValues.EACCES or VerbsValues.EPERM) =>
            "; this user may not open /dev/infiniband/uverbs*: run as root, or give the user the files (a udev rule, or the group that owns them)",
        ("ibv_open_device", VerbsValues.ENOENT or VerbsValues.ENXIO) =>
            "; /dev/infiniband/uverbs* is missing: modprobe ib_uverbs, and in a container pass --device /dev/infiniband",
        _ => "",
    };

    private static string MemlockRemedy(ulong limit) =>
        $"; locked memory is limited to {InWords(limit)} (RLIMIT_MEMLOCK): raise it with ulimit -l unlimited, or LimitMEMLOCK=infinity in the unit, or run as root (CAP_IPC_LOCK)";

    private static string InWords(ulong bytes) =>
        bytes % 1048576 == 0 && bytes > 0 ? $"{bytes / 1048576} MiB" : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024} KiB");

    private static unsafe ulong MemlockLimit()
    {
        ResourceLimit limit;
        return Libc.getrlimit(VerbsValues.RLIMIT_MEMLOCK, &limit) == 0 ? limit.rlim_cur : ulong.MaxValue;
    }
}

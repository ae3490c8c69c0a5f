namespace MicroView.Host;

/// <summary>What is used of /proc/PID/stat (proc_pid_stat(5)).</summary>
internal readonly record struct ProcessStat(byte State, int Parent, long Flags, long MinorFaults, long MajorFaults, long CpuTicks, long Threads, long StartTicks, long VirtualBytes)
{
    private const long KernelThread = 0x00200000; // PF_KTHREAD
    private const int LastField = 20;

    internal bool IsKernelThread => (Flags & KernelThread) != 0;

    /// <summary>Nothing is left but the exit code. A dead leader whose threads live on is no corpse.</summary>
    internal bool IsDead => State is (byte)'Z' or (byte)'X' or (byte)'x' && Threads <= 1;

    /// <summary>
    /// Parses a line of stat. The name may hold anything, newlines and parentheses too, so the fields are counted from the last
    /// parenthesis; false when the text was cut.
    /// </summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, out ProcessStat stat)
    {
        stat = default;
        var name = text.LastIndexOf((byte)')');
        if (name < 0)
            return false;
        var rest = text[(name + 1)..];
        var state = KernelText.NextWord(ref rest);
        if (state.Length != 1)
            return false;
        Span<long> fields = stackalloc long[LastField + 1];
        for (var i = 1; i <= LastField; i++)
        {
            var word = KernelText.NextWord(ref rest);
            if (word.Length == 0)
                return false;
            fields[i] = KernelText.Number(word); // -1 also for tpgid -1, which is not used
        }
        if (rest.Length == 0) // the last number may have been cut
            return false;
        stat = new(state[0], (int)fields[1], fields[6], fields[7], fields[9], fields[11] + fields[12], fields[17], fields[19], fields[20]);
        return stat is { Flags: >= 0, StartTicks: >= 0, MinorFaults: >= 0, MajorFaults: >= 0 };
    }
}

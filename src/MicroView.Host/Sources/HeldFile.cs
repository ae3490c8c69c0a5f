using System.Text;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>What the sampling thread reuses from pod to pod: buffer, budget of held files, the time. For one thread.</summary>
internal sealed class SampleContext(NodeSourceOptions options)
{
    /// <summary>Large enough for any file that is parsed; a longer one is cut, and parsers live with that.</summary>
    internal byte[] Buffer { get; } = new byte[64 * 1024];

    internal NodeSourceOptions Options { get; } = options;

    /// <summary>The CPU clock belongs to the machine's own processes: a fixture's have only the 10 ms ticks of stat.</summary>
    internal bool HasCpuClock { get; } = options.ProcRoot == "/proc";

    internal long NowNs { get; set; }

    /// <summary>Rows of pods off the tick leave these to the busy ones, which save most by them.</summary>
    internal bool IsBusy { get; set; }

    internal int Held { get; private set; }

    internal int HeldLimit { get; } = options.HeldFileLimit;

    internal long IdleRefreshNs { get; } = (long)options.IdleRefresh.TotalNanoseconds;

    private readonly int _reserve = Math.Min(options.HeldFileLimit / 2, options.Busiest * TrackedProcess.Files);

    internal bool TryHold()
    {
        if (Held >= (IsBusy ? HeldLimit : HeldLimit - _reserve))
            return false;
        Held++;
        return true;
    }

    internal void Release() => Held--;
}

/// <summary>A kernel file that is read again and again: held open while the budget lasts, else opened for each read.</summary>
internal struct HeldFile(string path)
{
    private readonly byte[] _path = Encoding.UTF8.GetBytes(path + "\0");
    private int _file = -1;

    /// <summary>
    /// Reads the whole file into the context's buffer; false, with the errno negated, when that failed. A file that is seldom read need not be held: it leaves its place to others.
    /// </summary>
    internal bool TryRead(SampleContext context, out ReadOnlySpan<byte> text, out int error, bool hold = true)
    {
        if (!hold)
            Close(context);
        error = Read(context, hold);
        text = error > 0 ? context.Buffer.AsSpan(0, error) : default;
        return error >= 0;
    }

    internal readonly ReadOnlySpan<byte> Path => _path;

    internal void Close(SampleContext context)
    {
        if (_file < 0)
            return;
        KernelFile.Close(_file);
        context.Release();
        _file = -1;
    }

    private int Read(SampleContext context, bool hold)
    {
        if (_file >= 0)
            return KernelFile.Read(_file, context.Buffer);
        if (!hold || !context.TryHold())
            return KernelFile.ReadOnce(_path, context.Buffer);
        _file = KernelFile.Open(_path);
        if (_file >= 0)
            return KernelFile.Read(_file, context.Buffer);
        var error = _file;
        _file = -1;
        context.Release();
        return error;
    }

    /// <summary>Tells whether an error says that the process or cgroup is gone, rather than unreadable.</summary>
    internal static bool IsGone(int error) => error is KernelFile.NoEntry or KernelFile.NoProcess or KernelFile.NoDevice;

    /// <summary>Tells whether an error is of the moment: too many open files, no memory.</summary>
    internal static bool IsPassing(int error) => error is -23 or -24 or -12;
}

using MicroView.Protocol;

namespace MicroView.Cli;

/// <summary>What a window took: CPU of all its threads, their operations, and what they allocated.</summary>
internal readonly record struct WindowCost(long CpuNs, long Operations, long AllocatedBytes)
{
    public double NsPerOperation => CpuNs / (double)Operations;
}

/// <summary>Runs two loops at once: the caller's for a number of operations, the other thread's from before its first until after its last.</summary>
internal sealed class ThreadPair : IDisposable
{
    private readonly SemaphoreSlim _start = new(0), _done = new(0);
    private readonly Thread _thread;
    private volatile Action<int>? _work;
    private volatile bool _running, _finish;
    private int _batch;
    private WindowCost _cost;

    public ThreadPair(int core)
    {
        _thread = new Thread(() =>
        {
            Machine.PinThread(core);
            while (Wait() is { } work)
                Work(work);
        }) { Name = "bench other", IsBackground = true };
        _thread.Start();
    }

    public WindowCost Run(Action<int> first, Action<int> second, int operations)
    {
        (_batch, _running, _finish) = (Math.Max(1000, operations / 64), false, false);
        _work = second;
        _start.Release();
        for (var spin = new SpinWait(); !_running;)
            spin.SpinOnce();
        var own = Measure(first, operations);
        _finish = true;
        _done.Wait();
        return new(own.CpuNs + _cost.CpuNs, own.Operations + _cost.Operations, own.AllocatedBytes + _cost.AllocatedBytes);
    }

    /// <summary>One loop on the calling thread.</summary>
    public static WindowCost Measure(Action<int> work, int operations)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var cpu = Clocks.ThreadCpuNs;
        work(operations);
        return new(Clocks.ThreadCpuNs - cpu, operations, GC.GetAllocatedBytesForCurrentThread() - allocated);
    }

    public void Dispose()
    {
        _work = null;
        _start.Release();
        _thread.Join();
        _start.Dispose();
        _done.Dispose();
    }

    private Action<int>? Wait()
    {
        _start.Wait();
        return _work;
    }

    private void Work(Action<int> work)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var cpu = Clocks.ThreadCpuNs;
        long operations = 0;
        _running = true;
        do
        {
            work(_batch);
            operations += _batch;
        }
        while (!_finish);
        _cost = new(Clocks.ThreadCpuNs - cpu, operations, GC.GetAllocatedBytesForCurrentThread() - allocated);
        _done.Release();
    }
}

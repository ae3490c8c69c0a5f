using MicroView.Protocol;

namespace MicroView.Cli;

/// <summary>The windows of one LMAP. Its own thread calls <see cref="Run"/>; what it found is read when that has ended.</summary>
internal sealed class ReadLoop(ReadLoopSetting setting, int index)
{
    private const long WindowNs = 3_000_000;

    public int Index { get; } = index;

    public int Pods { get; } = setting.Pods;

    /// <summary>CPU ns of one scrape: differences of neighbouring windows.</summary>
    public Samples Cpu { get; } = new();

    /// <summary>The same by the wall clock.</summary>
    public Samples Wall { get; } = new();

    /// <summary>CPU ns of changing all values and scraping them.</summary>
    public Samples Both { get; } = new();

    /// <summary>CPU ns of changing all values.</summary>
    public Samples Change { get; } = new();

    public double Seconds { get; private set; }

    /// <summary>Learns, warms up, waits for the other LMAPs, measures.</summary>
    public bool Run(BenchContext context, Barrier ready)
    {
        using var pods = new ReadLoopPods(setting, Index);
        int rounds;
        try
        {
            rounds = WarmUp(pods, context);
        }
        catch
        {
            ready.RemoveParticipant(); // the others must not wait for this one
            throw;
        }
        if (!ready.SignalAndWait(TimeSpan.FromMinutes(5), context.Stop))
            throw new InvalidOperationException("another LMAP did not get ready within 5 minutes");
        var start = Clocks.MonotonicNs;
        for (var window = 0; context.Goes(start, window); window++)
        {
            if (Index == 0)
                context.TellProgress(start, "read-loop");
            Measure(pods, rounds);
        }
        Seconds = (Clocks.MonotonicNs - start) / 1e9;
        return true;
    }

    private void Measure(ReadLoopPods pods, int rounds)
    {
        var classified = pods.Classified;
        var (cpu, wall) = (Clocks.ThreadCpuNs, Clocks.MonotonicNs);
        ChangeAndScrape(pods, rounds);
        var (bothCpu, bothWall) = (Clocks.ThreadCpuNs - cpu, Clocks.MonotonicNs - wall);
        pods.Check(rounds, classified);
        (cpu, wall) = (Clocks.ThreadCpuNs, Clocks.MonotonicNs);
        ChangeOnly(pods, rounds);
        var (changeCpu, changeWall) = (Clocks.ThreadCpuNs - cpu, Clocks.MonotonicNs - wall);
        Both.Add(bothCpu / (double)rounds);
        Change.Add(changeCpu / (double)rounds);
        Cpu.Add((bothCpu - changeCpu) / (double)rounds);
        Wall.Add((bothWall - changeWall) / (double)rounds);
    }

    private static void ChangeAndScrape(ReadLoopPods pods, int rounds)
    {
        for (var i = 0; i < rounds; i++)
        {
            pods.Change();
            pods.Scrape();
        }
    }

    private static void ChangeOnly(ReadLoopPods pods, int rounds)
    {
        for (var i = 0; i < rounds; i++)
            pods.Change();
    }

    /// <summary>Ends learning, lets the JIT reach its last tier (in pauses only), and finds how many rounds fill a window.</summary>
    private int WarmUp(ReadLoopPods pods, BenchContext context)
    {
        pods.Learn(context.Stop);
        var fastest = double.MaxValue;
        for (var pause = 0; pause < 6; pause++)
        {
            for (var (turn, until) = (0, Clocks.MonotonicNs + 60_000_000); turn < 40 || Clocks.MonotonicNs < until; turn++)
            {
                var cpu = Clocks.ThreadCpuNs;
                ChangeAndScrape(pods, 4);
                ChangeOnly(pods, 1);
                fastest = Math.Min(fastest, (Clocks.ThreadCpuNs - cpu) / 4.0);
                if (turn >= 40 && pods.Pods > 1000)
                    break;
            }
            context.Stop.ThrowIfCancellationRequested();
            Thread.Sleep(120);
        }
        return Rounds(WindowNs / fastest);
    }

    /// <summary>All pods absorb in step, so that a short window would hold every pod's decomposition or none: it takes whole cycles, several.</summary>
    private int Rounds(double wanted)
    {
        var cycle = setting.Analysis.UpdateOnline ? setting.SketchRows + 1 : 1;
        return cycle * (int)Math.Clamp(Math.Ceiling(wanted / cycle), setting.Analysis.UpdateOnline ? 4 : 2, 1_000_000);
    }
}

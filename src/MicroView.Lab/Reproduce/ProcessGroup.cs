using System.Diagnostics;

namespace MicroView.Lab;

/// <summary>A program to start.</summary>
/// <param name="Name">For messages and its log file.</param>
/// <param name="Role">Whose CPU time it is.</param>
/// <param name="Program">Path of the executable.</param>
/// <param name="Arguments">As they are: nothing is split or expanded.</param>
internal sealed record ProcessPlan(string Name, CpuRole Role, string Program, params IReadOnlyList<string> Arguments)
{
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public string? WorkingDirectory { get; init; }

    /// <summary>Where its output goes, both streams; null: kept in memory, the last lines only.</summary>
    public string? Log { get; init; }

    /// <summary>It ends by itself, so its CPU time is looked at while it runs.</summary>
    public bool EndsByItself { get; init; }

    /// <summary>It starts others, whose CPU time is its own.</summary>
    public bool HasChildren { get; init; }
}

/// <summary>
/// The processes of a step. Starts them marked (<see cref="Leftovers"/>), in a session of their own each, without the caller's MICROVIEW_ variables; knows their CPU time by role;
/// ends them all. Thread-safe.
/// </summary>
internal sealed class ProcessGroup : IDisposable
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(250);

    private readonly string _mark;
    private readonly Lock _gate = new();
    private readonly List<GroupProcess> _processes = [];
    private readonly Timer _timer;
    private readonly double[] _added = new double[Enum.GetValues<CpuRole>().Length];

    public ProcessGroup(string mark)
    {
        _mark = mark;
        _timer = new(_ => Look(onlyEnding: true), null, s_look, s_look);
    }

    /// <summary>Starts a program.</summary>
    /// <exception cref="LabException">It cannot be started.</exception>
    public GroupProcess Start(ProcessPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        if (Path.IsPathRooted(plan.Program) && !File.Exists(plan.Program))
            throw new LabException($"{plan.Name} cannot be started: there is no {plan.Program}");
        string[] command = Programs.Find("setsid") is { } setsid ? [setsid, plan.Program, .. plan.Arguments] : [plan.Program, .. plan.Arguments];
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = plan.WorkingDirectory ?? "",
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("MICROVIEW_", StringComparison.Ordinal)).ToArray())
            start.Environment.Remove(name);
        foreach (var (name, value) in plan.Environment)
            start.Environment[name] = value;
        start.Environment[Leftovers.Variable] = _mark;
        var process = new GroupProcess(plan, start);
        lock (_gate)
            _processes.Add(process);
        return process;
    }

    /// <summary>Starts a program and waits for its end. Its exit code is the caller's to judge.</summary>
    public async Task<GroupProcess> RunAsync(ProcessPlan plan, CancellationToken stop)
    {
        var process = Start(plan with { EndsByItself = true });
        await process.WaitForExitAsync(stop);
        return process;
    }

    /// <summary>CPU time that is known otherwise: of a thread of this program, say.</summary>
    public void Account(CpuRole role, double seconds)
    {
        lock (_gate)
            _added[(int)role] += seconds;
    }

    /// <summary>CPU seconds by role, of all that was ever started here.</summary>
    public SortedDictionary<string, double> CpuSeconds()
    {
        Look(onlyEnding: false);
        lock (_gate)
        {
            var sum = new SortedDictionary<string, double>();
            foreach (var role in Enum.GetValues<CpuRole>())
                sum[role.ToString()] = Math.Round(_added[(int)role] + _processes.Where(process => process.Plan.Role == role).Sum(process => process.LastCpu.Total), 2);
            return sum;
        }
    }

    /// <summary>Ends all: asks those that are asked first (<see cref="GroupProcess.StopAsync"/> is gentler), kills what is left.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        lock (_gate)
        {
            foreach (var process in Enumerable.Reverse(_processes))
                process.Dispose();
        }
    }

    private void Look(bool onlyEnding)
    {
        GroupProcess[] looked;
        lock (_gate)
            looked = [.. _processes.Where(process => !onlyEnding || process.Plan.EndsByItself)];
        foreach (var process in looked)
            process.Look();
    }
}

using System.Diagnostics;

namespace MicroView.Lab;

/// <summary>What `lab inject` was asked for.</summary>
/// <param name="File">What is injected.</param>
/// <param name="Application">File of who runs where; null where nothing runs here.</param>
/// <param name="Names">Targets by name, where no file names them.</param>
/// <param name="Out">faults.csv.</param>
/// <param name="Chaos">Where the Chaos Mesh workflow goes.</param>
/// <param name="Seed">Of the plan.</param>
/// <param name="DryRun">Only says what would be done.</param>
internal sealed record InjectOrder(InjectorFile File, string? Application, IReadOnlyList<string> Names, string Out, string Chaos, ulong Seed, bool DryRun);

/// <summary>Puts stress into the services of a running application, as planned, and writes down what it did.</summary>
internal sealed class InjectRun(InjectOrder order, IReadOnlyList<InjectionTarget> targets, TextWriter log)
{
    private readonly List<(Injection Injection, GroupProcess Process, DateTime Start, DateTime End)> _done = [];

    public static async Task<int> ExecuteAsync(InjectOrder order, TextWriter output, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(order);
        var targets = order.Application is { } file ? InjectionTargets.Read(file) : [];
        IReadOnlyList<string> names = targets.Count > 0 ? [.. targets.Select(target => target.Name)] : order.Names;
        if (names.Count == 0)
            throw new LabException("name the targets: --application hotel.json, which a running application writes, or --targets NAME,NAME,… for Kubernetes and dry runs", ExitCode.Usage);
        if (targets.Count == 0 && order.File.Namespace is null && !order.DryRun)
            throw new LabException("--targets alone says nothing of where they run: give --application hotel.json, or a namespace in the file for Kubernetes, or --dry-run", ExitCode.Usage);
        var plan = InjectionPlan.Make(order.File, names, order.Seed);
        var run = new InjectRun(order, targets, output);
        if (order.DryRun)
            run.Tell(plan);
        else if (order.File.Namespace is { } space)
        {
            ChaosMeshFile.Write(order.Chaos, space, plan);
            output.WriteLine($"{plan.Count} stresses in {order.File.Rounds} rounds: {order.Chaos}; kubectl apply -f {order.Chaos}");
        }
        else
            await run.RunAsync(plan, stop);
        return ExitCode.Success;
    }

    private void Tell(IReadOnlyList<Injection> plan)
    {
        var table = new TextTable(4, "round", "at", "target", "stress", "seconds", "how");
        foreach (var injection in plan)
            table.Add($"{injection.Round}", FormattableString.Invariant($"{injection.AtSeconds:0.0} s"), injection.Target, injection.Stress.Kind.Name, $"{injection.Seconds}", $"  stress-ng {string.Join(' ', injection.Stress.Kind.Command(injection.Stress, injection.Seconds))}");
        table.Write(log);
        foreach (var target in targets)
            log.WriteLine($"{target.Name}: {target.How}");
        log.WriteLine("a dry run: nothing was injected, nothing was written");
    }

    private async Task RunAsync(IReadOnlyList<Injection> plan, CancellationToken stop)
    {
        var program = Programs.Require("stress-ng", "stress-ng");
        var temporary = Directory.CreateTempSubdirectory("microview-stress-");
        var started = Stopwatch.StartNew();
        // Marked as the run that started us, if one did, so that it can clean up after us.
        var group = new ProcessGroup(Environment.GetEnvironmentVariable(Leftovers.Variable) ?? Guid.NewGuid().ToString("N"));
        try
        {
            WriteFaults();
            Say($"found targets {string.Join(", ", targets.Select(target => target.Name))}; seed {order.Seed}; waiting for {order.File.StartDelaySeconds} s before starting injection");
            foreach (var target in targets)
                Say($"{target.Name}: stress acts {target.How}");
            foreach (var round in plan.GroupBy(injection => injection.Round))
            {
                if (TimeSpan.FromSeconds(round.First().AtSeconds) - started.Elapsed is { Ticks: > 0 } wait)
                    await Task.Delay(wait, stop);
                Say($"round {round.Key}: # of targets: {round.Select(injection => injection.Target).Distinct().Count()}");
                foreach (var injection in round)
                    Start(group, program, temporary.FullName, injection);
            }
            foreach (var (_, process, _, _) in _done)
                await process.WaitForExitAsync(stop);
            Say("end of anomaly injection rounds");
        }
        catch (OperationCanceledException)
        {
            Say("stopped");
        }
        finally
        {
            Close();
            group.Dispose();
            temporary.Delete(recursive: true);
        }
    }

    private void Start(ProcessGroup group, string program, string temporary, Injection injection)
    {
        var target = targets.First(target => target.Name == injection.Target);
        string[] stress = [program, .. injection.Stress.Kind.Command(injection.Stress, injection.Seconds), "--temp-path", temporary, "--quiet"];
        // The shell moves itself before it becomes stress-ng, so that every worker is born in the place.
        string[] command = target.Cgroups.Count > 0
            ? ["/bin/sh", "-c", $"for group in {string.Join(' ', target.Cgroups.Select(path => $"'{path}'"))}; do echo $$ > \"$group/cgroup.procs\" || exit 1; done; exec \"$@\"", "sh", .. stress]
            : [Programs.Require("taskset", "util-linux"), "--cpu-list", target.Cores, .. stress];
        var plan = new ProcessPlan("stress-ng", CpuRole.Other, command[0], command[1..]);
        var process = group.Start(plan with { HasChildren = true });
        var now = DateTime.UtcNow;
        _done.Add((injection, process, now, now.AddSeconds(injection.Seconds)));
        Say($"[{injection.Target}] injecting {injection.Stress.Kind.Name} for {injection.Seconds} s: {string.Join(' ', stress[..^3])}");
        WriteFaults();
    }

    /// <summary>What was cut short says so, and what did not work is no fault.</summary>
    private void Close()
    {
        var now = DateTime.UtcNow;
        for (var i = 0; i < _done.Count; i++)
            if (_done[i].End > now)
                _done[i] = _done[i] with { End = now };
        foreach (var (injection, process, _, _) in _done.Where(done => done.Process is { HasExited: true, Code: not (0 or 137 or 143) }))
            Say($"[{injection.Target}] {injection.Stress.Kind.Name} failed: {process.Failure($"ended with {process.Code}").Message}");
        _done.RemoveAll(done => done.Process is { HasExited: true, Code: not (0 or 137 or 143) });
        WriteFaults();
    }

    private void WriteFaults() => FaultFile.Write(order.Out, _done.Select(done => new Fault(Ns(done.Start), Ns(done.End), done.Injection.Target, null, done.Injection.Stress.Kind.Name)));

    private static long Ns(DateTime time) => (time - DateTime.UnixEpoch).Ticks * 100;

    private void Say(string text) => log.WriteLine(FormattableString.Invariant($"{DateTime.UtcNow:yyyy-MM-ddTHH:mm:ss.fffZ} - {text}"));
}

using System.Diagnostics;
using System.Globalization;

namespace MicroView.Rdma.Suite;

/// <summary>Runs every case, one after the other, and prints a line for each: <c>case ok|FAILED NAME (MS ms) detail</c>.</summary>
internal static class Suite
{
    /// <summary>Every case there is, in the order in which they run.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. BindingCases.Table.Select(one => one.Name), .. Across().Select(one => one.Name)];

    public static int List()
    {
        foreach (var name in Names)
            Console.WriteLine(name);
        return 0;
    }

    public static int Usage()
    {
        Console.Error.WriteLine("""
            rdma-suite run --peer ADDRESS --own ADDRESS --shell HOST:PORT|"ssh HOST" [--dev NAME] [--peer-dev NAME] [--bin DIR] [--peer-bin DIR] [--only PART,…]
            rdma-suite list
            rdma-suite shell --listen ADDRESS:PORT
            """);
        return 2;
    }

    public static int Run(string[] arguments)
    {
        if (SuiteOptions.Parse(arguments) is not { } options)
            return Usage();
        Machines.Until(() => Shell.Of(options.Shell).Reaches(), TimeSpan.FromSeconds(60), $"the machine at {options.Peer} takes commands");
        var (ran, failed) = (0, 0);
        foreach (var (name, run) in BindingCases.Table)
            Count(name, detail => run(), options, ref ran, ref failed);
        using (var machines = new Machines(options))
        {
            foreach (var (name, run) in Across())
                Count(name, detail => run(machines, detail), options, ref ran, ref failed, machines);
        }
        Console.WriteLine($"suite {ran} ran, {failed} failed");
        if (options.EndsMachine)
            Shell.Of(options.Shell).Run("(sleep 0.3; poweroff -f) >/dev/null 2>&1 </dev/null &");
        return failed == 0 ? 0 : 1;
    }

    private static IEnumerable<(string Name, Action<Machines, Detail> Run)> Across() =>
        [.. ConformanceCases.Table, .. RecordingCases.Table, .. ConnectionCases.Table, .. ValueCases.Table, .. CgroupCases.Table, .. InteropCases.Table, .. ControlWordCases.Table, .. FaultCases.Table];

    private static void Count(string name, Action<Detail> run, SuiteOptions options, ref int ran, ref int failed, Machines? machines = null)
    {
        if (options.Only is { } parts && !parts.Split(',').Any(part => name.Contains(part, StringComparison.Ordinal)))
            return;
        ran++;
        var detail = new Detail();
        var started = Stopwatch.GetTimestamp();
        string result;
        try
        {
            run(detail);
            result = "ok";
        }
#pragma warning disable CA1031 // A case that fails is told; the next one runs.
        catch (Exception error)
#pragma warning restore CA1031
        {
            failed++;
            result = "FAILED";
            detail.Add($"{(error is CaseFailedException ? "" : error.GetType().Name + ": ")}{error.Message}");
            if (machines is not null)
                detail.Add(machines.Logs());
        }
        var time = Stopwatch.GetElapsedTime(started).TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture);
        Console.WriteLine($"case {result} {name} ({time} ms) {detail}");
        machines?.Clear();
    }
}

/// <summary>What a case has to say beside its result: times and counts.</summary>
internal sealed class Detail
{
    private readonly List<string> _parts = [];

    public void Add(string part) => _parts.Add(part);

    public override string ToString() => string.Join("; ", _parts).Replace("\n", "\n  | ", StringComparison.Ordinal);
}

/// <summary>Where the machines are and what they have.</summary>
internal sealed record SuiteOptions(
    string Peer, string Own, string Shell, string Device, string PeerDevice, string Programs, string PeerPrograms, string? Only, bool EndsMachine)
{
    public static SuiteOptions? Parse(string[] arguments)
    {
        var given = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i + 1 < arguments.Length; i += 2)
            given[arguments[i]] = arguments[i + 1];
        if (!given.TryGetValue("--peer", out var peer) || !given.TryGetValue("--own", out var own) || !given.TryGetValue("--shell", out var shell))
            return null;
        return new(peer, own, shell, given.GetValueOrDefault("--dev", "rxe0"), given.GetValueOrDefault("--peer-dev", "rxe0"),
            given.GetValueOrDefault("--bin", "/usr/bin"), given.GetValueOrDefault("--peer-bin", "/usr/bin"), given.GetValueOrDefault("--only"),
            given.GetValueOrDefault("--end-machine") == "yes");
    }
}

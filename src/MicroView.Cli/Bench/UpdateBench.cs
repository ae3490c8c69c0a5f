using System.CommandLine;
using MicroView.Protocol;

namespace MicroView.Cli;

/// <summary>What one way to update a metric costs.</summary>
internal sealed record UpdateFigure(string Name, double NsPerOp, double BestNsPerOp, double AllocatedBytesPerOp, int Threads, int Windows, string? Note);

internal sealed record UpdateReport(string Benchmark, string Method, BenchMachine Machine, double DurationSeconds, UpdateFigure[] Cases);

/// <summary>`microview bench update`.</summary>
internal static class UpdateBench
{
    private const long WindowNs = 4_000_000;

    private const string Method =
        "CPU ns per operation, by the threads' CPU clocks: median (best) of windows of about 4 ms, the cases taking turns. Loop, table load and call are " +
        "included: floor_store, a bare store into a page, is what they cost by themselves. With two threads it is the CPU of both by the operations of both.";

    public static Command Create()
    {
        var options = new BenchOptionTable(8);
        var command = new DocumentedCommand("update", "Cost of one update of a metric: gauge, counters, histogram, System.Diagnostics.Metrics bridge.",
            new("microview bench update", "a table; cases with two threads need two cores"),
            new("microview bench update --duration 30 --cpu 1 --json", "longer, on core 1, one JSON object"));
        options.AddTo(command);
        BenchRunner.SetAction(command, options, BenchJson.Default.UpdateReport, (_, context) => BenchRunner.OnMeasuringCore(context, () => Measure(context)), Print);
        return command;
    }

    private static UpdateReport Measure(BenchContext context)
    {
        if (!context.Cores.HasTwo)
            BenchContext.Tell("only one core is allowed: the cases with two threads take turns on it and show no contention");
        using var cases = new UpdateCases();
        using var pair = new ThreadPair(context.Cores.Other);
        BenchContext.Tell("warming up");
        var operations = WarmUp(cases.All, pair, context);
        var times = cases.All.Select(_ => new Samples()).ToArray();
        var totals = new WindowCost[cases.All.Length];
        var start = Clocks.MonotonicNs;
        for (var round = 0; context.Goes(start, round); round++)
        {
            context.TellProgress(start, "update");
            for (var i = 0; i < totals.Length; i++)
            {
                var cost = Run(cases.All[i], pair, operations[i]);
                times[i].Add(cost.NsPerOperation);
                totals[i] = new(0, totals[i].Operations + cost.Operations, totals[i].AllocatedBytes + cost.AllocatedBytes);
            }
        }
        cases.Check();
        var figures = cases.All.Select((one, i) => new UpdateFigure(one.Name, times[i].Median, times[i].Best,
            totals[i].AllocatedBytes / (double)totals[i].Operations, one.Second is null ? 1 : 2, times[i].Count, Note(one, context.Cores)));
        return new("update", Method, BenchMachine.Describe(context.Cores), (Clocks.MonotonicNs - start) / 1e9, [.. figures]);
    }

    private static string? Note(UpdateCase one, BenchCores cores) =>
        one.Second is null || cores.HasTwo ? null : "only one core was allowed: the threads took turns on it, so this shows no contention; it needs two cores";

    private static WindowCost Run(UpdateCase one, ThreadPair pair, int operations) =>
        one.Second is null ? ThreadPair.Measure(one.First, operations) : pair.Run(one.First, one.Second, operations);

    /// <summary>Lets the JIT reach its last tier, which it does in pauses only, and finds how many operations fill a window.</summary>
    private static int[] WarmUp(UpdateCase[] cases, ThreadPair pair, BenchContext context)
    {
        for (var pause = 0; pause < 5; pause++)
        {
            foreach (var one in cases)
                for (var i = 0; i < 40; i++)
                    _ = Run(one, pair, 1000);
            context.Stop.ThrowIfCancellationRequested();
            Thread.Sleep(150);
        }
        return [.. cases.Select(one =>
        {
            var cost = Enumerable.Range(0, 5).Select(_ => Run(one, pair, 100_000).NsPerOperation).Min();
            return (int)Math.Clamp(WindowNs / Math.Max(cost, 0.1), 10_000, 50_000_000);
        })];
    }

    private static void Print(UpdateReport report, TextWriter output)
    {
        var table = new BenchTable("case", "ns/op", "best", "bytes/op", "threads");
        foreach (var figure in report.Cases)
            table.Add(figure.Name, BenchTable.Figure(figure.NsPerOp), BenchTable.Figure(figure.BestNsPerOp), BenchTable.Figure(figure.AllocatedBytesPerOp), $"{figure.Threads}{(figure.Note is null ? "" : "*")}");
        table.WriteTo(output);
        foreach (var note in report.Cases.Select(figure => figure.Note).OfType<string>().Distinct())
            output.WriteLine($"* {note}");
        BenchTable.WriteNotes(output, report.Method, report.Machine);
    }
}

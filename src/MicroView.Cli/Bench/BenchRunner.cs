using System.CommandLine;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using MicroView.Protocol;

namespace MicroView.Cli;

/// <summary>What a benchmark is given: its cores, its time, its stop, and where it tells how far it is.</summary>
internal sealed class BenchContext(BenchCores cores, double seconds, CancellationToken stop)
{
    private long _told = long.MinValue;

    public BenchCores Cores { get; } = cores;

    public double Seconds { get; } = seconds;

    public CancellationToken Stop { get; } = stop;

    /// <summary>The same for a part of the time.</summary>
    public BenchContext Part(double share) => new(Cores, Seconds * share, Stop);

    /// <summary>One line on stderr; stdout belongs to the result.</summary>
    public static void Tell(string message) => Console.Error.WriteLine($"bench: {message}");

    /// <summary>Tells how far the measuring is, at most every two seconds.</summary>
    public void TellProgress(long sinceNs, string what)
    {
        var now = Clocks.MonotonicNs;
        _told = Math.Max(_told, sinceNs);
        if (now - _told < 2_000_000_000)
            return;
        _told = now;
        Tell(string.Create(CultureInfo.InvariantCulture, $"{what}: {(now - sinceNs) / 1e9:0} of {Seconds:0} s"));
    }

    /// <summary>True while the measuring time that began at <paramref name="sinceNs"/> lasts, and for the first <paramref name="least"/> rounds in any case.</summary>
    public bool Goes(long sinceNs, int rounds, int least = 5)
    {
        Stop.ThrowIfCancellationRequested();
        return rounds < least || Clocks.MonotonicNs - sinceNs < Seconds * 1e9;
    }
}

/// <summary>Where a figure was measured.</summary>
internal sealed record BenchMachine(string Cpu, int[] CoresAllowed, int MeasuringCore, string Kernel, string Runtime, string Version)
{
    public static BenchMachine Describe(BenchCores cores)
    {
        var model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[^1].Trim();
        var compiled = RuntimeFeature.IsDynamicCodeSupported ? "JIT" : "native";
        return new(model ?? RuntimeInformation.ProcessArchitecture.ToString(), cores.Allowed, cores.Measuring,
            $"Linux {Examination.ReadText("/proc/sys/kernel/osrelease")}", $"{RuntimeInformation.FrameworkDescription}, {compiled}", VersionCommand.Version);
    }
}

/// <summary>Runs a benchmark and prints what it found, for a person or for a program.</summary>
internal static class BenchRunner
{
    public static void SetAction<T>(Command command, BenchOptionTable options, JsonTypeInfo<T> json, Func<ParseResult, BenchContext, Task<T>> measure, Action<T, TextWriter> print) =>
        command.SetAction((result, cancellation) => Running.RunAsync(result, options.Debug, async run =>
        {
            var context = new BenchContext(BenchCores.Choose(result.GetValue(options.Cpu)), result.GetValue(options.Duration), run.Stop);
            var report = await measure(result, context);
            var output = result.InvocationConfiguration.Output;
            if (result.GetValue(options.Json))
                output.WriteLine(JsonSerializer.Serialize(report, json));
            else
                print(report, output);
            return ExitCode.Success;
        }, cancellation));

    /// <summary>Measures on the bound core, away from the thread pool.</summary>
    public static Task<T> OnMeasuringCore<T>(BenchContext context, Func<T> body) =>
        Task.Run(() => BenchCores.RunOn(context.Cores.Measuring, body), context.Stop);
}

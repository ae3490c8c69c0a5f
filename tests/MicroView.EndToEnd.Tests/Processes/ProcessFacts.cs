using System.Diagnostics;
using System.Globalization;

namespace MicroView.EndToEnd.Tests;

/// <summary>What /proc tells of a process now.</summary>
internal sealed record ProcessFacts(int Descriptors, int Maps, long ResidentBytes)
{
    public static ProcessFacts Of(int process) => new(
        Directory.GetFileSystemEntries($"/proc/{process}/fd").Length,
        File.ReadAllLines($"/proc/{process}/maps").Length,
        Kilobytes($"/proc/{process}/status", "VmRSS:") * 1024);

    /// <summary>Objects of clients that a process has mapped or open.</summary>
    public static int Objects(int process) => Held(process).Length;

    /// <summary>The same, each as /proc shows it.</summary>
    public static string[] Held(int process) =>
    [
        .. Directory.GetFileSystemEntries($"/proc/{process}/fd").Select(entry => $"{entry} {new FileInfo(entry).LinkTarget}").Where(IsObject),
        .. File.ReadLines($"/proc/{process}/maps").Where(IsObject),
    ];

    /// <summary>The runtime's own mappings are memfds as well.</summary>
    private static bool IsObject(string text) => text.Contains("/memfd:", StringComparison.Ordinal)
        && !text.Contains("/memfd:doublemapper", StringComparison.Ordinal) && !text.Contains("/memfd:dotnet_", StringComparison.Ordinal);

    /// <summary>Shared memory of the whole machine: memfds and segments.</summary>
    public static long SharedBytes => Kilobytes("/proc/meminfo", "Shmem:") * 1024;

    private static long Kilobytes(string file, string field) =>
        long.Parse(File.ReadLines(file).First(line => line.StartsWith(field, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}

/// <summary>What must happen soon.</summary>
internal static class Soon
{
    /// <summary>Waits for a condition and answers how long it took; past a generous deadline it fails.</summary>
    public static async Task<TimeSpan> UntilAsync(Func<Task<bool>> condition, string what, TimeSpan? deadline = null)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(watch.Elapsed < (deadline ?? Microview.Deadline), $"never happened within {watch.Elapsed.TotalSeconds:0.0} s: {what}");
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
        return watch.Elapsed;
    }

    public static Task<TimeSpan> UntilAsync(Func<bool> condition, string what, TimeSpan? deadline = null) => UntilAsync(() => Task.FromResult(condition()), what, deadline);

    /// <summary>A measured figure, in the test's output.</summary>
    public static void Report(string text) => TestContext.Current.TestOutputHelper?.WriteLine(text);
}

/// <summary>Tests whose promise has a deadline of a second or two: nothing of this assembly runs beside them.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace MicroView.Lab;

/// <summary>The machine and the program that measured.</summary>
internal sealed record MachineRecord
{
    /// <summary>Of this repository; " with changes" where the checkout has some.</summary>
    public required string Commit { get; init; }

    public required string Cpu { get; init; }

    public required int Cores { get; init; }

    public required double MemoryGib { get; init; }

    public required string Kernel { get; init; }

    public required string Runtime { get; init; }

    public required string System { get; init; }

    public static MachineRecord Here() => new()
    {
        Commit = FindCommit(),
        Cpu = Field("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
        Cores = Environment.ProcessorCount,
        MemoryGib = Math.Round(double.Parse((Field("/proc/meminfo", "MemTotal") ?? "0 kB").Split(' ')[0], CultureInfo.InvariantCulture) / (1 << 20), 1),
        Kernel = $"Linux {File.ReadAllText("/proc/sys/kernel/osrelease").Trim()}",
        Runtime = RuntimeInformation.FrameworkDescription,
        System = (File.Exists("/etc/os-release") ? File.ReadLines("/etc/os-release").FirstOrDefault(line => line.StartsWith("PRETTY_NAME=", StringComparison.Ordinal)) : null)?[12..].Trim('"') ?? "unknown",
    };

    private static string? Field(string file, string name) => File.ReadLines(file)
        .Where(line => line.StartsWith(name, StringComparison.Ordinal)).Select(line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim()).FirstOrDefault();

    private static string FindCommit()
    {
        if (Programs.Checkout is { } root && Ask("git", "-C", root, "rev-parse", "HEAD") is { Length: >= 40 } commit)
            return commit + (Ask("git", "-C", root, "status", "--porcelain", "--untracked-files=no") is { Length: > 0 } ? " with changes" : "");
        return typeof(MachineRecord).Assembly.GetName().Version?.ToString(3) ?? "unknown";
    }

    /// <summary>What a program prints; null if it is not installed or fails.</summary>
    public static string? Ask(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var answer = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            return process.ExitCode == 0 ? answer : null;
        }
        catch (global::System.ComponentModel.Win32Exception)
        {
            return null; // not installed
        }
    }
}

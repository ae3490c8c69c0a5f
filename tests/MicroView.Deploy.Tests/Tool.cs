using System.Diagnostics;

namespace MicroView.Deploy.Tests;

/// <summary>A program of the machine that judges our files.</summary>
internal static class Tool
{
    /// <summary>Runs it in a folder; skips the test where it is not installed.</summary>
    public static async Task<(int Exit, string Said)> RunAsync(string program, string package, string folder, params string[] arguments)
    {
        MicroView.EndToEnd.Tests.Promtool.Require(program, package);
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, (await output + await errors).Trim());
    }

    /// <summary>What our own parser says of a command line; empty: it is one.</summary>
    public static IEnumerable<string> ErrorsOf(IReadOnlyList<string> arguments) =>
        MicroView.Cli.CommandLine.BuildRootCommand().Parse(arguments).Errors.Select(error => error.Message);
}

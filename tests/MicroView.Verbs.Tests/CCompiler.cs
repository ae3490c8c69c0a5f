using System.Diagnostics;

namespace MicroView.Verbs.Tests;

/// <summary>A C compiler as judge of the binding: it reads a file and says what is wrong with it.</summary>
internal static class CCompiler
{
    private const string VerbsHeader = "/usr/include/infiniband/verbs.h";

    /// <summary>The errors, one line each; none when it compiles. Skips the test where compiler or header is missing.</summary>
    internal static async Task<string[]> Errors(string compiler, string source)
    {
        if (!File.Exists(VerbsHeader))
            Assert.Skip($"{VerbsHeader} is missing: install libibverbs-dev");
        // A cross compiler's own headers come first; the verbs ones are the same for every machine.
        var start = new ProcessStartInfo(compiler, ["-std=gnu11", "-fsyntax-only", "-Wall", "-Werror", "-idirafter", "/usr/include", "-x", "c", "-"])
        {
            RedirectStandardInput = true, RedirectStandardError = true, Environment = { ["LC_ALL"] = "C" },
        };
        using var process = Start(start);
        var said = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(source);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        var errors = (await said).Split('\n').Where(line => line.Contains("error:", StringComparison.Ordinal)).ToArray();
        Assert.Equal(process.ExitCode == 0, errors.Length == 0);
        return errors;
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"{start.FileName} is missing: install gcc, and for the other architecture gcc-aarch64-linux-gnu and libc6-dev-arm64-cross");
            throw;
        }
    }
}

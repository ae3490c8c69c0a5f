using System.Diagnostics;
using System.Text;

namespace MicroView.EndToEnd.Tests;

/// <summary>Debian's promtool.</summary>
internal static class Promtool
{
    public static async Task<(int Exit, string Said)> CheckAsync(string text)
    {
        Require("promtool");
        var start = new ProcessStartInfo("promtool", ["check", "metrics"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, StandardInputEncoding = new UTF8Encoding(false),
        };
        using var promtool = Process.Start(start)!;
        var (output, errors) = (promtool.StandardOutput.ReadToEndAsync(), promtool.StandardError.ReadToEndAsync());
        await promtool.StandardInput.WriteAsync(text);
        promtool.StandardInput.Close();
        await promtool.WaitForExitAsync();
        return (promtool.ExitCode, (await output + await errors).Trim());
    }

    /// <summary>Skips the test where a program is not installed.</summary>
    public static void Require(string program, string package = "prometheus")
    {
        if (!Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, program))))
            Assert.Skip($"{program} is not on PATH (Debian: apt-get install {package})");
    }
}

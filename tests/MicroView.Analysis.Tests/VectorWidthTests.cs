using System.Diagnostics;
using System.Runtime.Intrinsics;

namespace MicroView.Analysis.Tests;

/// <summary>
/// The whole suite again in processes whose JIT is denied the wide vectors, so that what ordinary machines run is what was tested.
/// </summary>
public sealed class VectorWidthTests
{
    private const string Denied = "MICROVIEW_TEST_DENIED_WIDTH";

    [Theory, Trait("group", "slow")]
    [InlineData("AVX512", "DOTNET_EnableAVX512", "DOTNET_EnableAVX512F")]
    [InlineData("AVX2", "DOTNET_EnableAVX", "DOTNET_EnableAVX2")]
    public async Task The_suite_passes_without(string width, params string[] switches)
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable(Denied) is not null, "This is already the run without wide vectors.");
        var present = width == "AVX512" ? Vector512.IsHardwareAccelerated : Vector256.IsHardwareAccelerated;
        Assert.SkipUnless(present, $"This machine has no {width}.");
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        // Run by `dotnet X.dll`, the process is the host and needs the assembly named.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
            start.ArgumentList.Add(typeof(VectorWidthTests).Assembly.Location);
        start.ArgumentList.Add("-noColor");
        start.Environment[Denied] = width;
        foreach (var name in switches)
            start.Environment[name] = "0";
        using var child = Process.Start(start)!;
        var errors = child.StandardError.ReadToEndAsync();
        var output = await child.StandardOutput.ReadToEndAsync() + await errors;
        await child.WaitForExitAsync();
        Assert.True(child.ExitCode == 0, output);
        Assert.Contains("Failed: 0", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_is_denied_a_width_does_without_it()
    {
        var denied = Environment.GetEnvironmentVariable(Denied);
        Assert.SkipWhen(denied is null, "Only in the runs without wide vectors.");
        Assert.False(denied == "AVX512" ? Vector512.IsHardwareAccelerated : Vector256.IsHardwareAccelerated);
    }
}

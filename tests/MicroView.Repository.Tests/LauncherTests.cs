using System.Diagnostics;
using System.Runtime.Versioning;

namespace MicroView.Repository.Tests;

[SupportedOSPlatform("linux")]
public sealed class LauncherTests
{
    [Theory]
    [InlineData("microview")]
    [InlineData("test.sh")]
    [InlineData(".ci/run")]
    public void A_script_is_executable_and_parses(string script)
    {
        var path = Path.Combine(Checkout.Root, script);
        Assert.True(File.GetUnixFileMode(path).HasFlag(UnixFileMode.UserExecute));
        Assert.Equal((0, ""), Run("bash", Checkout.Root, "-n", path));
    }

    [Fact, Trait("group", "slow")]
    public void The_launcher_works_through_a_link_with_spaces_from_another_folder()
    {
        var folder = Directory.CreateTempSubdirectory("micro view ");
        try
        {
            var link = Path.Combine(folder.FullName, "a link");
            File.CreateSymbolicLink(link, Path.Combine(Checkout.Root, "microview"));
            var (status, output) = Run(link, folder.FullName, "--version");
            Assert.Equal(0, status);
            Assert.Matches(@"(?m)^\d+\.\d+\.\d+", output);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Test_runs_with_a_wrong_group_end_in_the_summary_line_and_fail()
    {
        var (status, output) = Run(Path.Combine(Checkout.Root, "test.sh"), "/", "--fast", "no-such-group");
        Assert.Equal(1, status);
        Assert.Equal("0 passed, 1 failed, 0 skipped", output.TrimEnd().Split('\n')[^1]);
    }

    private static (int Status, string Output) Run(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }
}

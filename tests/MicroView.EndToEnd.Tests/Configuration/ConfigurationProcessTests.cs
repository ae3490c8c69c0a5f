namespace MicroView.EndToEnd.Tests;

/// <summary>Configuration as the real program reads it.</summary>
[Trait("group", "slow")]
public sealed class ConfigurationProcessTests
{
    [Fact]
    public void The_port_is_the_files_then_the_environments_then_the_flags()
    {
        using var folder = new TemporaryFolder();
        int[] ports = [Microview.FreePort(), Microview.FreePort(), Microview.FreePort()];
        File.WriteAllText(folder.File("c.yaml"), $"prometheus-port: {ports[0]}\nup:\n  plain: true\n  sources: none\n  port: 0\n  socket: {folder.File("a.sock")}\n");
        (string, string) file = ("MICROVIEW_CONFIG", folder.File("c.yaml")), variable = ("MICROVIEW_PROMETHEUS_PORT", $"{ports[1]}");
        Serves(ports[0], Microview.Start("up", null, file));
        Serves(ports[1], Microview.Start("up", null, file, variable));
        Serves(ports[2], Microview.Start($"up --prometheus-port {ports[2]} --config {folder.File("c.yaml")}", null, variable));

        void Serves(int port, Microview up)
        {
            using (up)
            {
                up.WaitFor(lines => lines.Contains($"endpoint  http://127.0.0.1:{port}/metrics", StringComparison.Ordinal), $"endpoint on {port}");
                Assert.Contains($"agent     {folder.File("a.sock")}", up.Output);
                Assert.Equal(0, up.Stop());
            }
        }
    }

    [Theory]
    [InlineData("managed")]
    [InlineData("native")]
    public void Every_problem_is_a_line_nothing_is_started_and_it_ends_with_2(string program)
    {
        if (program == "native" && Microview.NativePath is null)
            Assert.Skip("MICROVIEW_AOT does not name a NativeAOT binary (./test.sh publishes one)");
        var path = program == "native" ? Microview.NativePath! : Microview.Path;
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("c.yaml"), $"port: x\nsocket: {folder.File("a.sock")}\nup:\n  prot: 1\n");
        using var up = Microview.StartProgram(path, $"up --config {folder.File("c.yaml")}", ("MICROVIEW_TICK", "soon"));
        Assert.Equal(2, up.WaitForExit());
        var lines = up.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, lines.Length);
        Assert.All(lines, line => Assert.StartsWith("microview: ", line, StringComparison.Ordinal));
        Assert.Contains("c.yaml:1: port: 'x' is not a whole number", lines[0]);
        Assert.Contains("c.yaml:4: unknown key 'prot' in up; did you mean port?", lines[1]);
        Assert.Contains("environment variable MICROVIEW_TICK: 'soon'", lines[2]);
        Assert.Contains("3 problems, nothing was started", lines[3]);
        Assert.False(File.Exists(folder.File("a.sock")));
        using var check = Microview.StartProgram(path, $"config --check {folder.File("c.yaml")}");
        Assert.Equal(2, check.WaitForExit());
    }

    [Theory]
    [InlineData("up:\n  model: VAE\n", 2, "for microview up: --model VAE needs a trained network")]
    [InlineData("up:\n  listen: 0.0.0.0\n  tls-key: k\n", 2, "for microview up: --tls-key is for --tls-certificate")]
    [InlineData("jaeger-listen: 127.0.0.1\n", 0, "not for microview nic: --jaeger-listen is for --jaeger-port")] // up has a port for it
    [InlineData("jaeger-listen: 127.0.0.1\nnic:\n  lmaps: 2\n", 2, "for microview nic: --jaeger-listen is for --jaeger-port")]
    [InlineData("model: VAE\n", 2, "for microview nic: --model VAE needs")]
    public void Check_finds_what_does_not_go_together(string text, int exitCode, string told)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("c.yaml"), text);
        var run = Microview.Run($"config --check {folder.File("c.yaml")}");
        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains(told, run.Output + run.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Config_prints_checks_and_refuses()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("c.yaml"), "port: 7");
        var (code, output, errors) = Microview.Run($"config --effective --config {folder.File("c.yaml")} up --tick 2 -s 3 --plain", ("MICROVIEW_MODEL", "TH"));
        Assert.Equal((0, ""), (code, errors));
        foreach (var part in (string[])["  port: 7 ", "  tick: 2 ", "  scrape-interval: 3 ", "  plain: true ", "  model: TH "])
            Assert.Contains(part, output);
        Assert.Equal((0, $"{folder.File("c.yaml")}: fine, 1 key\n", ""), Microview.Run($"config --check {folder.File("c.yaml")}"));
        Assert.Contains("\nnic:\n", Microview.Run("config --effective").Output);
        Assert.Equal(0, Microview.Run("config --schema").ExitCode);
        foreach (var wrong in (string[])["config", "config --schema --docs", "config --efective", "config --effective generate", "config --effective --port 1", "config --effective up --nope", "config --check", $"config --check {folder.Path}"])
        {
            var run = Microview.Run(wrong);
            Assert.True(run.ExitCode == 2 && run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length == 1, $"{wrong}: {run}");
        }
    }
}

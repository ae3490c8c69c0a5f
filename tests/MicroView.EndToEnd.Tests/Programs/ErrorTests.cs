using System.Net;
using System.Net.Sockets;
using MicroView.Analysis;

namespace MicroView.EndToEnd.Tests;

public sealed class ErrorTests
{
    [Theory]
    [InlineData("host --nope")]
    [InlineData("up --scrape-interval fast")]
    [InlineData("nic --model VAE")]
    [InlineData("nic --model KNN")]
    [InlineData("up --group-by nonsense")]
    [InlineData("nic --remote-write nowhere")]
    [InlineData("up --remote-write ftp://localhost/")]
    [InlineData("nic --sample-rule *:full=always")]
    [InlineData("up --remote-write http://localhost/ --sample-rule *:full=sometimes")]
    [InlineData("up --remote-write http://localhost/ --remote-write-label instance")]
    [InlineData("up --remote-write http://localhost/ --flight-recorder 3600")]
    [InlineData("nic --remote-write http://localhost/ --recording run.mvrec")]
    public void A_wrong_command_line_is_one_line_and_exit_code_2(string line) => AssertOneLine(Microview.Run(line), 2);

    [Theory]
    [InlineData("nic --model VAE", "--model-file FILE")]
    [InlineData("up --model VAE", "microview lab vae train")]
    [InlineData("nic --model FD --model-file {0}/good.vae", "for --model VAE")]
    [InlineData("nic --model VAE --model-file {0}/gone.vae", "no file or folder {0}/gone.vae")]
    [InlineData("up --model VAE --model-file {0}/text.vae", "{0}/text.vae: this is not a trained VAE")]
    [InlineData("nic --model VAE --model-file {0}/cut.vae", "{0}/cut.vae: the model is damaged or cut short")]
    [InlineData("nic --model VAE --model-file {0}/empty", "no file *.vae")]
    [InlineData("nic --model VAE --model-file {0}", "{0}/cut.vae: ")]
    public void A_trained_network_that_cannot_be_used_is_one_line_that_says_so(string line, string expected)
    {
        using var folder = new TemporaryFolder();
        var bytes = VaeBytes.Write(VaeModel.Untrained(4, 1));
        File.WriteAllBytes(folder.File("good.vae"), bytes);
        File.WriteAllBytes(folder.File("cut.vae"), bytes[..^100]);
        File.WriteAllText(folder.File("text.vae"), "weights");
        Directory.CreateDirectory(folder.File("empty"));
        var path = folder.Path;
        var run = Microview.Run(string.Format(null, line, path));
        AssertOneLine(run, 2);
        Assert.Contains(string.Format(null, expected, path), run.Errors);
    }

    [Fact]
    public void A_wrong_environment_variable_is_one_line_that_names_it()
    {
        var run = Microview.Run("host", ("DEFAULT_PAGE_SIZE", "many"));
        AssertOneLine(run, 2);
        Assert.Contains("DEFAULT_PAGE_SIZE", run.Errors);
    }

    [Fact]
    public void An_unreachable_rest_agent_is_one_line_and_exit_code_3()
    {
        var run = Microview.Run($"generate --rest --port {Microview.FreePort()}");
        AssertOneLine(run, 3);
        Assert.Contains("microview host", run.Errors);
    }

    [Theory]
    [InlineData("nic --test setup --socket {0}")]
    [InlineData("generate --update-metrics --socket {0}")]
    [InlineData("nic --test read_loop --socket {0} --duration 1")]
    public void An_unreachable_agent_is_one_line_and_exit_code_3(string line)
    {
        using var folder = new TemporaryFolder();
        AssertOneLine(Microview.Run(string.Format(null, line, folder.File("agent.sock"))), 3);
    }

    [Theory]
    [InlineData("host --port {0} --socket {1}")]
    [InlineData("up --plain --port {0} --prometheus-port 0 --socket {1}")]
    [InlineData("up --plain --port 0 --prometheus-port {0} --socket {1}")]
    public void An_occupied_port_is_one_line_that_names_it(string line)
    {
        using var folder = new TemporaryFolder();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var run = Microview.Run(string.Format(null, line, port, folder.File("agent.sock")));
        AssertOneLine(run, 3);
        Assert.Contains($"{port}", run.Errors);
        Assert.Contains("--p", run.Errors); // the option to change
        Assert.False(File.Exists(folder.File("agent.sock")));
    }

    [Fact]
    public void Another_running_agent_is_one_line_that_names_its_process()
    {
        using var folder = new TemporaryFolder();
        using var first = Microview.Start($"host --port 0 --socket {folder.File("agent.sock")}");
        first.WaitFor(_ => File.Exists(folder.File("agent.sock")), "socket");
        var run = Microview.Run($"up --plain --port 0 --prometheus-port 0 --socket {folder.File("agent.sock")}");
        AssertOneLine(run, 3);
        Assert.Contains($"{first.Id}", run.Errors);
        Assert.Equal(0, first.Stop());
    }

    [Fact]
    public void Doctor_answers_json_and_0()
    {
        var (exitCode, output, errors) = Microview.Run("doctor --json");
        Assert.Equal((0, ""), (exitCode, errors));
        using var document = System.Text.Json.JsonDocument.Parse(output);
        Assert.Contains(document.RootElement.GetProperty("findings").EnumerateArray(), finding => finding.GetProperty("subject").GetString() == "cores");
    }

    private static void AssertOneLine((int ExitCode, string Output, string Errors) run, int exitCode)
    {
        // Log lines carry a time; what is left is the error.
        var errors = run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !char.IsAsciiDigit(line[0])).ToArray();
        Assert.True(errors.Length == 1 && errors[0].StartsWith("microview: ", StringComparison.Ordinal), run.Errors + run.Output);
        Assert.DoesNotContain("   at ", run.Errors);
        Assert.Equal(exitCode, run.ExitCode);
    }
}

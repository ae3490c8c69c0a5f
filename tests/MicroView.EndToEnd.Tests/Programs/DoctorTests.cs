using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace MicroView.EndToEnd.Tests;

/// <summary>What doctor says of this machine, and of an agent that it is asked to examine.</summary>
public sealed class DoctorTests
{
    private static (int ExitCode, List<(string Subject, string State, string Found, string Advice)> Findings) Examine(string arguments)
    {
        var (exitCode, output, errors) = Microview.Run($"doctor --json {arguments}");
        Assert.Equal("", errors);
        using var document = JsonDocument.Parse(output);
        return (exitCode, [.. document.RootElement.GetProperty("findings").EnumerateArray().Select(one => (Text(one, "subject"), Text(one, "state"), Text(one, "found"), Text(one, "advice")))]);
    }

    private static string Text(JsonElement finding, string name) => finding.TryGetProperty(name, out var value) ? value.GetString() ?? "" : "";

    [Fact]
    public void An_occupied_port_is_told_with_the_process_that_holds_it()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        var finding = Assert.Single(Examine($"--port {port}").Findings, one => one.Subject == "port of the agent");
        Assert.Equal("limited", finding.State);
        Assert.Contains(port, finding.Found, StringComparison.Ordinal);
        Assert.Contains(Environment.ProcessId.ToString(CultureInfo.InvariantCulture), finding.Advice, StringComparison.Ordinal);
        Assert.Contains("--port", finding.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_device_it_says_how_this_machine_gets_one_or_why_it_cannot()
    {
        var device = Assert.Single(Examine("").Findings, one => one.Subject == "RDMA devices");
        Assert.SkipWhen(device.State != "missing", $"there is a device: {device.Found}");
        Assert.StartsWith("the shm transport works without", device.Advice, StringComparison.Ordinal);
        Assert.Matches("rdma link add rxe0 type rxe netdev|has no module rdma_rxe|on the machine that runs this container", device.Advice);
    }

    [Fact]
    public void An_agent_that_is_not_there_is_told_with_what_to_start()
    {
        var place = $"127.0.0.1:{Microview.FreePort()}";
        var (exitCode, findings) = Examine($"--strict --control-plane {place}");
        Assert.Equal(1, exitCode);
        var plane = Assert.Single(findings, one => one.Subject == "control plane");
        Assert.Equal("missing", plane.State);
        Assert.Contains($"nothing listens at {place}", plane.Found, StringComparison.Ordinal);
        Assert.Contains("microview host --rdma-queues 1 --listen", plane.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_answers_and_is_no_agent_is_told_so()
    {
        using var listener = new HttpListener();
        var place = $"127.0.0.1:{Microview.FreePort()}";
        listener.Prefixes.Add($"http://{place}/");
        listener.Start();
        var answering = Task.Run(async () =>
        {
            var context = await listener.GetContextAsync();
            context.Response.StatusCode = 404;
            context.Response.Close();
        });
        Assert.Contains("it is no host agent", Assert.Single(Examine($"--control-plane {place}").Findings, one => one.Subject == "control plane").Found, StringComparison.Ordinal);
        await answering.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void An_agent_without_queue_pairs_is_reached_and_said_to_have_none()
    {
        using var folder = new TemporaryFolder();
        var port = Microview.FreePort();
        using var host = Microview.Start($"host --rdma-queues 0 --port {port} --socket {folder.File("agent.sock")}");
        host.WaitFor(text => text.Contains("listening on", StringComparison.Ordinal), "listening agent");
        var findings = Examine($"--control-plane 127.0.0.1:{port}").Findings;
        Assert.Equal("ok", Assert.Single(findings, one => one.Subject == "control plane").State);
        var queues = Assert.Single(findings, one => one.Subject == "queue pairs there");
        Assert.Equal(("missing", "none"), (queues.State, queues.Found));
        Assert.Equal(0, host.Stop());
    }
}

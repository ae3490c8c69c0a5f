using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;

namespace MicroView.Host.Tests;

public sealed class StartTests
{
    private static async Task<string> FailsAsync(Func<HostOptions, HostOptions> change)
    {
        var folder = TestAgent.NewFolder();
        try
        {
            var error = await Assert.ThrowsAsync<HostStartException>(() => TestAgent.StartAsync(change, folder));
            Assert.DoesNotContain('\n', error.Message);
            Assert.False(File.Exists(Path.Combine(folder, "agent.sock")), "the socket is left behind");
            return error.Message;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task An_occupied_port_names_its_holder()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var message = await FailsAsync(o => o with { RestPort = port });
        Assert.Contains($"port {port}", message, StringComparison.Ordinal);
        Assert.Contains($"(pid {Environment.ProcessId})", message, StringComparison.Ordinal);
        Assert.Contains("--port", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Off_loopback_without_a_token_or_a_list_of_collectors_is_refused()
    {
        var message = await FailsAsync(o => o with { RestAddress = IPAddress.Any });
        Assert.Contains("--token-file", message, StringComparison.Ordinal);
        Assert.Contains("--collectors", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_asked_for_of_rdma_and_is_not_there_stops_the_start_and_what_is_not_does_not()
    {
        Assert.SkipWhen(Verbs.VerbsLibrary.Probe().IsAvailable, "this machine has an RDMA device");
        var message = await FailsAsync(o => o with { RdmaQueues = 1, RdmaDevice = "mlx5_99" });
        Assert.Contains("--rdma-queues 0", message, StringComparison.Ordinal);
        Assert.Contains("255", await FailsAsync(o => o with { RdmaQueues = 1, RdmaGid = 256 }), StringComparison.Ordinal);
        using var log = new LogKeeper();
        await using var agent = await TestAgent.StartAsync(o => o with { RdmaQueues = 4 }, loggers: log);
        Assert.Equal((0, 1), (agent.Agent.RdmaQueues, log.Count("0 queue pairs: " + agent.Agent.Rdma.Reason)));
        using var client = await TestClient.AttachAsync(agent, "served-all-the-same");
        await using var silent = await TestAgent.StartAsync(o => o with { RdmaQueues = 0 }, loggers: log);
        Assert.Equal(1, log.Count("0 queue pairs"));
    }

    [Fact]
    public async Task Options_that_make_no_sense_are_one_line()
    {
        Assert.Contains("--page-size", await FailsAsync(o => o with { PageSize = 8192 }), StringComparison.Ordinal);
        Assert.Contains("memory region", await FailsAsync(o => o with { RdmaRegionSize = 5000 }), StringComparison.Ordinal);
        Assert.Contains("pool name", await FailsAsync(o => o with { PoolName = "../x" }), StringComparison.Ordinal);
        Assert.Contains("token file", await FailsAsync(o => o with { TokenFile = "/nowhere/token" }), StringComparison.Ordinal);
        Assert.Contains("107 bytes", await FailsAsync(o => o with { SocketPath = "/tmp/" + new string('x', 200) }), StringComparison.Ordinal);
        Assert.Contains("/proc", await FailsAsync(o => o with { SocketPath = "/proc/nowhere/agent.sock" }), StringComparison.Ordinal);
        Assert.Contains("state folder", await FailsAsync(o => o with { StateFolder = "/proc/nowhere" }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_live_agents_socket_is_not_taken()
    {
        await using var agent = await TestAgent.StartAsync();
        var error = await Assert.ThrowsAsync<HostStartException>(() => HostAgent.StartAsync(
            new() { SocketPath = agent.Socket, RestPort = 0 }, NullLoggerFactory.Instance, TestContext.Current.CancellationToken));
        Assert.Contains($"pid {Environment.ProcessId}", error.Message, StringComparison.Ordinal);
        using var client = await TestClient.AttachAsync(agent, "still-served");
    }

    [Fact]
    public async Task A_killed_agents_socket_is_replaced_and_a_file_is_not()
    {
        var folder = TestAgent.NewFolder();
        var path = Path.Combine(folder, "agent.sock");
        // A socket that was bound by a process that is gone; .NET would remove it at the end.
        using (var python = Process.Start("python3", ["-c", $"import socket; socket.socket(socket.AF_UNIX).bind('{path}')"]))
            await python.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(File.Exists(path));
        await using (var agent = await TestAgent.StartAsync(folder: folder))
        {
            using var client = await TestClient.AttachAsync(agent, "web");
            Assert.Equal(UnixFileMode.OtherWrite, File.GetUnixFileMode(path) & UnixFileMode.OtherWrite);
        }
        folder = TestAgent.NewFolder();
        path = Path.Combine(folder, "agent.sock");
        await File.WriteAllTextAsync(path, "precious", TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<HostStartException>(() => TestAgent.StartAsync(folder: folder));
        Assert.Equal("precious", await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_stop_leaves_nothing_behind()
    {
        var folder = TestAgent.NewFolder();
        await using (var agent = await HostAgent.StartAsync(
            new() { SocketPath = Path.Combine(folder, "agent.sock"), RestPort = 0 }, NullLoggerFactory.Instance, TestContext.Current.CancellationToken))
            Assert.True(File.Exists(agent.SocketPath));
        Assert.Empty(Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void Rdma_is_there_or_its_absence_has_a_reason()
    {
        var state = Verbs.VerbsLibrary.Probe();
        Assert.Equal(state.IsAvailable, state.Devices.Count > 0);
        Assert.Equal(state.IsAvailable, state.Reason.Length == 0);
        Assert.True(state.IsLibraryPresent || state.Reason.Contains("install", StringComparison.Ordinal) || state.Reason.Contains("cannot be used", StringComparison.Ordinal));
    }

    [Fact]
    public void The_container_is_what_the_cgroup_says()
    {
        var id = new string('a', 12) + new string('b', 52);
        Assert.Equal((id[..12], true), ContainerIdentity.Judge($"0::/system.slice/docker-{id}.scope\n", null));
        Assert.Equal((id[..12], true), ContainerIdentity.Judge($"12:memory:/kubepods/burstable/pod1/{id}\n", null));
        Assert.Equal((id[..20], true), ContainerIdentity.Judge($"0::/docker/{id}\n", id[..20]));
        Assert.Equal(("other", false), ContainerIdentity.Judge($"0::/docker/{id}\n", "other"));
        Assert.Equal(("aaaa", false), ContainerIdentity.Judge($"0::/docker/{id}\n", "aaaa")); // too short to say anything
        Assert.Equal(("web", false), ContainerIdentity.Judge("0::/user.slice\n", "web"));
        Assert.Equal((null, false), ContainerIdentity.Judge(null, null));
    }
}

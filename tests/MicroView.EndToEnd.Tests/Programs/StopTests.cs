using System.Runtime.InteropServices;

namespace MicroView.EndToEnd.Tests;

/// <summary>Ends: graceful ones leave nothing behind, refusals are one line.</summary>
[Trait("group", "slow")]
public sealed class StopTests
{
    [Fact]
    public async Task A_stopped_agent_leaves_no_segment_no_socket_and_no_state()
    {
        using var host = new HostProcess("--sources processes");
        using (var generate = Microview.Start($"generate -m 8 --update-metrics --pod socket --socket {host.Socket}"))
        using (var rest = Microview.Start($"generate -m 8 --update-metrics --rest --port {host.Port} --pod rest"))
        {
            await Soon.UntilAsync(async () => (await host.MetricsAsync()) is var metrics && metrics["microview_host_pods{kind=\"socket\"}"] == 1 && metrics["microview_host_slots"] > 16
                && metrics["microview_host_pods{kind=\"rest\"}"] == 1 && metrics["microview_host_pods{kind=\"node\"}"] > 0, "pods of every kind");
            Assert.Single(host.Segments);
            Assert.Equal((0, 0), (generate.Stop(), rest.Stop()));
        }
        host.StopCleanly();
    }

    [Fact]
    public async Task The_next_agent_removes_what_a_killed_one_left()
    {
        using var host = new HostProcess();
        var (status, _) = await host.SendAsync(HttpMethod.Post, "/metrics", """{"microservice_id":"left","name":"m","type":true,"value":5}""");
        Assert.Equal(200, status);
        host.KillHard();
        Assert.Single(host.Segments);
        Assert.True(File.Exists(host.Socket));
        host.Start();
        Assert.Empty(host.Segments); // nobody maps it
        host.StopCleanly();
    }

    [Fact]
    public void The_second_signal_of_one_stop_does_not_cut_it_short()
    {
        using var folder = new TemporaryFolder();
        var socket = folder.File("agent.sock");
        // timeout signals its child and then the whole group, so that the child gets the signal twice.
        using var host = Microview.StartProgram("timeout", $"3 {Microview.Path} host --port 0 --socket {socket}");
        host.WaitFor(_ => File.Exists(socket), "socket");
        using var nic = Microview.StartProgram("timeout", $"2 {Microview.Path} nic --test read_loop --socket {socket} --stats-dir {folder.File("stats")}");
        Assert.Equal((124, 124), (nic.WaitForExit(), host.WaitForExit()));
        Assert.True(File.Exists(folder.File("stats/stats_LMAP_0.csv")), nic.ToString());
        Assert.False(File.Exists(socket));
    }

    [Theory]
    [InlineData("")]
    [InlineData("--rest ")]
    public async Task A_full_pool_is_one_line_that_says_what_to_do(string way)
    {
        using var host = new HostProcess("--max-pods 1");
        using var first = new CountingPod(host.Socket, "first");
        await Soon.UntilAsync(() => first.Attached is not null, "the only pod");
        var run = Microview.Run($"generate {way}--port {host.Port} --socket {host.Socket}");
        Assert.Equal(3, run.ExitCode);
        var line = Assert.Single(run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("microview: ", line, StringComparison.Ordinal);
        Assert.Contains("--max-pods", line);
        Assert.True(await host.RefusedAsync("full") > 0);
    }

    [Fact]
    public void The_native_program_does_the_whole_job_as_well()
    {
        if (Microview.NativePath is not { } native)
        {
            Assert.Skip("no NativeAOT binary: MICROVIEW_AOT is not set (./test.sh sets it)");
            return;
        }
        using var folder = new TemporaryFolder();
        var (socket, prometheus) = (folder.File("agent.sock"), Microview.FreePort());
        using var host = Microview.StartProgram(native, $"host --port 0 --socket {socket}");
        host.WaitFor(_ => File.Exists(socket), "socket");
        using var generate = Microview.StartProgram(native, $"generate -m 16 --update-metrics --socket {socket}");
        using var nic = Microview.StartProgram(native, $"nic --socket {socket} --debug --prometheus-port {prometheus} --duration 4");
        Assert.Equal(0, nic.WaitForExit());
        Assert.Contains("http_request_latency_7=", nic.Errors);
        generate.Signal(PosixSignal.SIGINT);
        Assert.Equal((0, 0), (generate.WaitForExit(), host.Stop()));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }
}

using System.Diagnostics;
using System.Globalization;

namespace MicroView.Host.Tests;

[Trait("group", "slow")]
public sealed class PythonClientTests
{
    [Fact]
    public async Task An_unmodified_client_of_the_artifact_works_beside_nine_others()
    {
        await using var agent = await TestAgent.StartAsync(o => o with { RestGrace = TimeSpan.FromSeconds(1) });
        var url = agent.Rest("").ToString().TrimEnd('/');
        var clients = Enumerable.Range(0, 10).Select(p => Script.Run("artifact_client.py", null, url, $"py-{p}", "100")).ToArray();
        foreach (var client in clients)
            Assert.Equal("written", await client.ReadLineAsync());
        Assert.Equal(10, agent.Agent.Stats.RestPods);
        for (var p = 0; p < 10; p++)
        {
            Assert.True(PodViews.TryRead(agent.Agent.State, $"py-{p}", out var pod, out var values));
            Assert.Equal(Enumerable.Range(0, 100).Select(i => 1000.25 + i), values);
            Assert.Equal("http_request_latency_99", pod.Descriptors[99].Name);
        }
        clients[0].Kill();
        await TestAgent.Eventually(() => agent.Agent.Stats.RestPods == 9, "a killed client's segment is given back");
        foreach (var client in clients[1..])
            await client.FinishAsync();
        await TestAgent.Eventually(() => agent.Agent.Stats is { RestPods: 0, PoolBytes: 0 }, "all are given back");
    }

    [Fact]
    public async Task Another_user_has_the_client_role_and_no_other()
    {
        if (!Protocol.Machine.IsRoot || !File.Exists("/usr/bin/python3"))
        {
            Assert.Skip("a process of another user needs root, and a python3 that it may run");
            return;
        }
        await using var agent = await TestAgent.StartAsync(o => o with { Token = "correct horse", MaxConnectionsPerUser = 3 });
        foreach (var folder in (string[])[agent.Folder, AppContext.BaseDirectory])
            if (!IsReachable(folder))
                Assert.Skip($"{folder} cannot be made reachable to another user");
        using var mine = await TestClient.AttachAsync(agent, "mine");
        using var script = Script.Run("other_user.py", "65534", agent.Socket, agent.Rest("").ToString().TrimEnd('/'), "mine");
        Assert.Equal("forbidden", await script.ReadLineAsync());
        Assert.Equal("reading", await script.ReadLineAsync());
        Assert.Equal("pod_in_use", await script.ReadLineAsync());
        Assert.Equal("others-own", await script.ReadLineAsync());
        Assert.Equal("401 401 401 401", await script.ReadLineAsync());
        Assert.Equal("403", await script.ReadLineAsync());
        Assert.Equal("200", await script.ReadLineAsync());
        var pod = agent.Agent.Layout.Since(0).Pods.Single(p => p.Pod == "others-own");
        Assert.Equal(65534u, pod.UserId);
        using var reader = await TestReader.OpenAsync(agent);
        await reader.LayoutAsync(0);
        Assert.Equal(2, reader.Files.Count);
        script.Kill();
        await TestAgent.Eventually(() => agent.Agent.Stats.SocketPods == 1, "the killed client's pod leaves");
    }

    [Fact]
    public async Task A_forked_child_keeps_nothing_alive()
    {
        await using var agent = await TestAgent.StartAsync();
        var fork = Path.Combine(agent.Folder, "fork.py");
        await File.WriteAllTextAsync(fork, """
            import os, sys, time
            sys.argv[1:] = [sys.argv[1], "http://127.0.0.1:9", "unused"]
            source = open(sys.argv[0].rsplit("/", 1)[0] + "/base.py").read().split("print(ask")[0]
            exec(source)
            answer, kept = attach("forked")
            print(answer.get("pod"), flush=True)
            child = os.fork()
            if child == 0:
                time.sleep(60)
            else:
                print(child, flush=True)
            """, TestContext.Current.CancellationToken);
        File.Copy(Path.Combine(AppContext.BaseDirectory, "other_user.py"), Path.Combine(agent.Folder, "base.py"));
        using var parent = Process.Start(new ProcessStartInfo("python3", [fork, agent.Socket]) { RedirectStandardOutput = true })!;
        Assert.Equal("forked", await parent.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        using var child = Process.GetProcessById(int.Parse((await parent.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!, CultureInfo.InvariantCulture));
        await parent.WaitForExitAsync(TestContext.Current.CancellationToken);
        await TestAgent.Eventually(() => agent.Agent.Stats is { Pods: 0, Retiring: 0, PoolBytes: 0 }, "the pod leaves with the process that attached it");
        Assert.False(child.HasExited);
        child.Kill();
    }

    /// <summary>Opens a temporary folder of ours to others; elsewhere only looks.</summary>
    private static bool IsReachable(string folder)
    {
        if (folder.StartsWith(Path.GetTempPath(), StringComparison.Ordinal))
            File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.OtherExecute | UnixFileMode.OtherRead);
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
            if (!at.UnixFileMode.HasFlag(UnixFileMode.OtherExecute))
                return false;
        return true;
    }
}

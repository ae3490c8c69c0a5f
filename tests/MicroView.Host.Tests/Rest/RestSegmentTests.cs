using System.Net;
using MicroView.Protocol;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;

namespace MicroView.Host.Tests;

public sealed class RestSegmentTests
{
    private static RestAddress Register(TestAgent agent, string pod, string name, double value = 1)
    {
        var (address, refusal) = agent.Agent.Rest!.Register(new(pod, name, true, value), null);
        Assert.Null(refusal);
        return address;
    }

    private static SafeFileHandle Hold(string segment) =>
        File.OpenHandle("/dev/shm/" + segment, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    [Fact]
    public async Task A_segment_is_kept_while_it_is_held_and_given_back_when_nobody_holds_it()
    {
        await using var agent = await TestAgent.StartAsync(o => o with { RestGrace = TimeSpan.FromMilliseconds(600) });
        var held = Register(agent, "held", "m");
        var unheld = Register(agent, "unheld", "m");
        using (Hold(held.Segment))
        {
            await TestAgent.Eventually(() => agent.Agent.Stats is { RestPods: 1, Retiring: 0 }, "the segment nobody holds is given back");
            Assert.False(File.Exists("/dev/shm/" + unheld.Segment));
            await Task.Delay(1500, TestContext.Current.CancellationToken);
            Assert.Equal(1, agent.Agent.Stats.RestPods);
        }
        await TestAgent.Eventually(() => agent.Agent.Stats is { RestPods: 0, PoolBytes: 0 }, "the other, too, once it is closed");
        Assert.False(File.Exists("/dev/shm/" + held.Segment));
    }

    [Fact]
    public async Task A_pod_leaves_and_is_given_back_though_the_state_folder_is_gone()
    {
        await using var agent = await TestAgent.StartAsync();
        Register(agent, "pod", "m");
        Directory.Delete(Path.Combine(agent.Folder, "rest"), recursive: true);
        Assert.True(agent.Agent.Rest!.Delete("pod"));
        Assert.Equal((0, 0), (agent.Agent.Stats.RestPods, agent.Agent.Stats.PoolBytes));
        var (_, refusal) = agent.Agent.Rest!.Register(new("pod", "m", true, 1), null);
        Assert.Equal(RefusalReason.Full, refusal?.Reason);
        Assert.Equal(0, agent.Agent.Stats.PoolBytes);
    }

    [Fact]
    public async Task A_metric_that_was_refused_moves_no_other_when_the_next_agent_adopts()
    {
        var folder = TestAgent.NewFolder();
        HostOptions options = new() { SocketPath = Path.Combine(folder, "agent.sock"), RestPort = 0, PoolName = "mvtest" };
        RestAddress after;
        SafeFileHandle holder;
        await using (var agent = await HostAgent.StartAsync(options, NullLoggerFactory.Instance, TestContext.Current.CancellationToken))
        {
            Refusal? refusal = null;
            for (var i = 0; refusal is null; i++) // until the pod's text is as much as the agent keeps
                refusal = agent.Rest!.Register(new("pod", new string('"', 240) + i, true, 1), null).Refusal;
            (after, refusal) = agent.Rest!.Register(new("pod", "after", true, 7), null);
            Assert.Null(refusal);
            holder = Hold(after.Segment);
        }
        using (holder)
        await using (var next = await HostAgent.StartAsync(options, NullLoggerFactory.Instance, TestContext.Current.CancellationToken))
            Assert.Equal(after, next.Rest!.Register(new("pod", "after", true, 7), null).Address);
        File.Delete("/dev/shm/" + after.Segment);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task The_next_agent_adopts_what_is_held_and_removes_the_rest()
    {
        var folder = TestAgent.NewFolder();
        HostOptions options = new() { SocketPath = Path.Combine(folder, "agent.sock"), RestPort = 0, PoolName = "mvtest" };
        RestAddress first, second, lost;
        SafeFileHandle holder;
        await using (var agent = await HostAgent.StartAsync(options, NullLoggerFactory.Instance, TestContext.Current.CancellationToken))
        {
            first = agent.Rest!.Register(new("kept", "a", true, 5), null).Address;
            second = agent.Rest!.Register(new("kept", "b", false, 6), null).Address;
            lost = agent.Rest!.Register(new("lost", "a", true, 5), null).Address;
            holder = Hold(first.Segment);
        }
        Assert.True(File.Exists("/dev/shm/" + first.Segment));
        Assert.False(File.Exists("/dev/shm/" + lost.Segment));
        // A line that a killed agent did not finish.
        var journal = Path.Combine(folder, "rest", first.Segment + ".journal");
        await File.AppendAllTextAsync(journal, "{\"name\":\"half", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(folder, "rest", "mvtest-nonsense.journal"), "nonsense", TestContext.Current.CancellationToken);
        using (holder)
        await using (var next = await HostAgent.StartAsync(options, NullLoggerFactory.Instance, TestContext.Current.CancellationToken))
        {
            Assert.Equal(1, next.Stats.RestPods);
            Assert.Equal(first, next.Rest!.Register(new("kept", "a", true, 9), null).Address);
            Assert.Equal(second, next.Rest!.Register(new("kept", "b", false, 9), null).Address);
            var third = next.Rest!.Register(new("kept", "c", true, 7), null).Address;
            Assert.Equal(first.Segment, third.Segment);
            var values = new double[3];
            Assert.True(next.State.Book.Find("kept")!.Memory.TryRead(values));
            Assert.Equal([5, 6, 7], values);
            var pod = Assert.Single(next.Layout.Since(0).Pods);
            Assert.Equal(["a", "b", "c"], pod.Descriptors.Select(d => d.Name));
            Assert.Equal(3, (await File.ReadAllLinesAsync(journal, TestContext.Current.CancellationToken)).Length - 1);
        }
        await using (var last = await HostAgent.StartAsync(options, NullLoggerFactory.Instance, TestContext.Current.CancellationToken))
            Assert.Equal(0, last.Stats.RestPods);
        Assert.False(File.Exists("/dev/shm/" + first.Segment));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_truncated_segment_is_retired_and_the_others_are_unharmed()
    {
        await using var agent = await TestAgent.StartAsync();
        var hostile = Register(agent, "hostile", "m");
        var good = Register(agent, "good", "m");
        using var held = Hold(good.Segment);
        using (var file = Hold(hostile.Segment))
            RandomAccess.SetLength(file, 0);
        await TestAgent.Eventually(() => agent.Agent.Stats is { RestPods: 1, Retiring: 0 }, "the truncated one is retired");
        Assert.Equal(1, agent.Agent.State.Metrics.Quarantined.Value);
        Assert.False(File.Exists("/dev/shm/" + hostile.Segment));
        Assert.NotEqual(hostile.Segment, Register(agent, "hostile", "m").Segment);
        Assert.Equal(good, Register(agent, "good", "m"));
        var beat = new byte[8];
        RandomAccess.Read(held, beat, PageFormat.HeaderOffset + 48);
        var before = BitConverter.ToUInt64(beat);
        await TestAgent.Eventually(() => { RandomAccess.Read(held, beat, PageFormat.HeaderOffset + 48); return BitConverter.ToUInt64(beat) != before; }, "a heartbeat by pwrite");
    }

    [Fact]
    public async Task A_segment_whose_name_was_unlinked_makes_way_for_a_new_one()
    {
        await using var agent = await TestAgent.StartAsync();
        var first = Register(agent, "py", "m");
        File.Delete("/dev/shm/" + first.Segment); // as Python's resource tracker does at exit
        var second = Register(agent, "py", "m");
        Assert.NotEqual(first.Segment, second.Segment);
        Assert.True(File.Exists("/dev/shm/" + second.Segment));
        await TestAgent.Eventually(() => agent.Agent.Stats is { RestPods: 1, Retiring: 0 }, "one pod is left");
    }

    [Fact]
    public async Task Opening_a_segment_during_the_lease_probe_does_not_kill_the_agent()
    {
        await using var agent = await TestAgent.StartAsync();
        var address = Register(agent, "probed", "m");
        var memory = (SegmentMemory)agent.Agent.State.Book.Find("probed")!.Memory;
        // The kernel sends SIGIO to the lease's holder when another opens the file: its default ends the process.
        var opened = 0;
        using var stop = new CancellationTokenSource();
        var opener = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                Hold(address.Segment).Dispose();
                opened++;
            }
        }, TestContext.Current.CancellationToken);
        for (var probe = 0; probe < 20_000 || opened < 2_000; probe++)
            _ = memory.IsHeld;
        await stop.CancelAsync();
        await opener;
        Assert.Equal(1, agent.Agent.Stats.RestPods);
    }

    [Fact]
    public async Task A_rest_pod_and_a_socket_pod_do_not_share_an_id()
    {
        await using var agent = await TestAgent.StartAsync();
        using var client = await TestClient.AttachAsync(agent, "web");
        Assert.Equal(RefusalReason.PodInUse, agent.Agent.Rest!.Register(new("web", "m", true, 1), null).Refusal!.Reason);
        Register(agent, "api", "m");
        using var other = await TestClient.AttachAsync(agent, "api");
        Assert.Equal("api#2", other.Pod);
        Assert.Equal((2, 1), (agent.Agent.Stats.SocketPods, agent.Agent.Stats.RestPods));
    }
}

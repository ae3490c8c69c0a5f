using Microsoft.Extensions.Logging.Abstractions;
using MicroView.Protocol;

namespace MicroView.Host.Tests;

public sealed class SourcesInAgentTests
{
    [Fact]
    public async Task The_agents_own_pod_is_read_through_its_pages()
    {
        await using var agent = await TestAgent.StartAsync();
        using var sources = agent.Agent.Watch(new(), NullLogger.Instance);
        await TestAgent.Eventually(() => agent.Agent.Layout.Since(0).Pods.Any(p => p.Labels?.ContainsKey("self") == true), "its pod in the layout");
        var pod = agent.Agent.Layout.Since(0).Pods.Single(p => p.Labels?.ContainsKey("self") == true);
        Assert.Equal(PodKind.Node, pod.Kind);
        var served = agent.Agent.State.Book.Snapshot().Single(p => p.Id == pod.Pod);
        using var reader = ObjectReader.Map(served.Memory.OpenReadOnly(0)!, new(pod.Objects[0].Capacity, 1), pod.Objects[0].Epoch);
        reader.Slots = pod.Slots;
        var values = new double[pod.Slots];
        var cpu = pod.Descriptors.ToList().FindIndex(d => d.Name == "process_cpu_seconds_total");
        var seen = new List<(long TimeNs, double Cpu)>();
        await TestAgent.Eventually(() =>
        {
            if (reader.Read(values, Clocks.MonotonicNs) == RowStatus.Fresh)
                seen.Add((reader.RowTimeNs, values[cpu]));
            return seen.Count >= 10;
        }, "ten rows");
        Assert.True(reader.IsBatch);
        Assert.Equal(seen.Select(s => s.TimeNs).Distinct().Order(), seen.Select(s => s.TimeNs));
        Assert.True(seen[^1].Cpu > seen[0].Cpu && seen[0].Cpu > 0);
        sources.Dispose();
        await TestAgent.Eventually(() => agent.Agent.Stats.NodePods == 0, "no node pod is left");
    }
}

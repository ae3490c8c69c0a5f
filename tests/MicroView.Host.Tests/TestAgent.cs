using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using MicroView.Protocol;

namespace MicroView.Host.Tests;

/// <summary>An agent in this process, on a socket and a REST port of its own; disposing it removes its folder.</summary>
internal sealed class TestAgent : IAsyncDisposable
{
    private TestAgent(HostAgent agent, string folder) => (Agent, Folder) = (agent, folder);

    internal HostAgent Agent { get; }

    internal string Folder { get; }

    internal string Socket => Agent.SocketPath;

    internal HostMetrics Metrics => Agent.State.Metrics;

    internal static string NewFolder() => Directory.CreateTempSubdirectory("mvh").FullName;

    internal static async Task<TestAgent> StartAsync(
        Func<HostOptions, HostOptions>? change = null, string? folder = null, HostAgent.RdmaOpener? open = null, ILoggerFactory? loggers = null)
    {
        folder ??= NewFolder();
        var options = new HostOptions { SocketPath = Path.Combine(folder, "agent.sock"), RestPort = 0, PoolName = "mvtest" };
        var agent = HostAgent.StartServingAsync(
            change?.Invoke(options) ?? options, loggers ?? NullLoggerFactory.Instance, open ?? HostDevice.Serve, TestContext.Current.CancellationToken);
        return new(await agent, folder);
    }

    internal Uri Rest(string path) => new($"http://{Agent.RestEndpoint}{path}");

    /// <summary>Waits for what must happen soon; fails after a generous time.</summary>
    internal static async Task Eventually(Func<bool> condition, string what)
    {
        for (var tries = 0; tries < 2000; tries++)
        {
            if (condition())
                return;
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
        Assert.Fail($"never happened within 20 s: {what}");
    }

    public async ValueTask DisposeAsync()
    {
        await Agent.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}

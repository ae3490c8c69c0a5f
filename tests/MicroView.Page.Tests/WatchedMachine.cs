using System.Diagnostics;
using System.Text.RegularExpressions;
using MicroView.EndToEnd.Tests;

namespace MicroView.Page.Tests;

/// <summary>A real agent and a real collector of it, each a process, with the page at <see cref="Address"/>.</summary>
internal sealed partial class WatchedMachine : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _arguments, _place;

    /// <param name="collector">More options of `nic`.</param>
    /// <param name="place">Scheme and address that they make it listen on.</param>
    public WatchedMachine(string collector = "-s 0.1 --learn 4", string place = "http://127.0.0.1")
    {
        _place = place;
        _arguments = collector;
        Port = Microview.FreePort();
        AgentPort = Microview.FreePort();
        Agent = Microview.Start($"host --socket {Socket} --port {AgentPort} --pool-name mvp{Guid.NewGuid().ToString("n")[..8]}");
        Agent.WaitFor(lines => Listening().IsMatch(lines), "listening agent");
        Collector = null!;
        StartCollector();
    }

    public string Socket => _folder.File("agent.sock");

    public int Port { get; }

    public int AgentPort { get; }

    public Uri Address => new($"{_place}:{Port}/");

    public Microview Agent { get; }

    public Microview Collector { get; private set; }

    /// <summary>Starts it, also anew at the same place.</summary>
    public void StartCollector()
    {
        for (var attempt = 1; ; attempt++)
        {
            Collector = Microview.Start($"nic --transport shm --socket {Socket} --prometheus-port {Port} {_arguments}");
            var limit = Stopwatch.StartNew();
            while (!Collector.HasExited && !Endpoint().IsMatch(Collector.Errors) && limit.Elapsed < Microview.Deadline)
                Thread.Sleep(20);
            if (!Collector.HasExited && Endpoint().IsMatch(Collector.Errors))
                return;
            // It waits 5 s for its agent, which may take longer while the machine is busy with a whole test run.
            Assert.True(attempt < 4, $"the collector does not come up; {Collector}");
            Collector.Dispose();
        }
    }

    public void KillCollector()
    {
        Collector.KillHard();
        Collector.Dispose();
    }

    public void Dispose()
    {
        Collector.Dispose();
        Agent.Stop();
        Agent.Dispose();
        _folder.Dispose();
    }

    [GeneratedRegex(@"listening on \S+ and http://")]
    private static partial Regex Listening();

    [GeneratedRegex(@"https?://[0-9.:]+/metrics")]
    private static partial Regex Endpoint();
}

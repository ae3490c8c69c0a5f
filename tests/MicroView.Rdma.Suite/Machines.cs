using System.Diagnostics;
using System.Globalization;
using System.Net.Http;

namespace MicroView.Rdma.Suite;

/// <summary>The programs of a case on both machines: agent and writer over there, collectors here. What a case leaves behind is ended after it.</summary>
internal sealed class Machines(SuiteOptions options) : IDisposable
{
    public const int AgentPort = 5000, WriterPort = 9998, FaultPort = 9997, OwnFaultPort = 9996;
    public const string Folder = "/tmp/microview-rdma-suite", Socket = Folder + "/agent.sock";
    private readonly List<CollectorProcess> _collectors = [];
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };

    public SuiteOptions Options => options;

    public Shell There { get; } = Shell.Of(options.Shell);

    public string ControlPlane => $"{options.Peer}:{AgentPort}";

    public static TimeSpan Second { get; } = TimeSpan.FromSeconds(1);

    /// <summary>Starts the agent over there and waits until it answers.</summary>
    public void StartAgent(string more = "", int queues = 2, string? collectors = null)
    {
        Background("host", $"{options.PeerPrograms}/microview host --rdma-queues {queues} --dev {options.PeerDevice} --listen {options.Peer} --port {AgentPort} --collectors {collectors ?? options.Own} --socket {Socket} {more}");
        WaitForAgent();
    }

    /// <summary>Starts the agent whose regions can be taken away.</summary>
    public void StartFaultyAgent()
    {
        Background("host", $"{options.PeerPrograms}/rdma-suite agent --listen {options.Peer} --port {AgentPort} --collectors {options.Own} --socket {Socket} --control {options.Peer}:{FaultPort}");
        WaitForAgent();
    }

    public void WaitForAgent() => Until(() => Ask("/health") is not null, TimeSpan.FromSeconds(30), "the agent answers");

    public void KillAgent(string signal = "KILL") => There.Do($"kill -{signal} $(cat {Folder}/host.pid)");

    /// <summary>Starts the writer with so many pods of so many metrics, w0, w1, …, and waits until the agent has them.</summary>
    public void StartWriter(int pods, int metrics)
    {
        Background("writer", $"{options.PeerPrograms}/rdma-suite write --listen {options.Peer}:{WriterPort} --socket {Socket}");
        Until(() => Try(() => Write("attached")) is not null, TimeSpan.FromSeconds(20), "the writer answers");
        for (var pod = 0; pod < pods; pod++)
            Write($"join w{pod} {metrics}");
        Until(() => Write("attached") == pods.ToString(CultureInfo.InvariantCulture), TimeSpan.FromSeconds(20), "the agent has the writer's pods");
    }

    public string Write(string line)
    {
        var answer = Lines.Ask($"{options.Peer}:{WriterPort}", line, TimeSpan.FromMinutes(2));
        return answer.StartsWith("failed", StringComparison.Ordinal) ? throw new CaseFailedException($"writer, '{line}': {answer}") : answer;
    }

    /// <summary>Commands the faulty agent over there.</summary>
    public void Fault(string line) => Command($"{options.Peer}:{FaultPort}", line);

    /// <summary>Commands the faulty collector here.</summary>
    public static void FaultHere(string line) => Command($"127.0.0.1:{OwnFaultPort}", line);

    public long Round(string pod) => long.Parse(Write($"round {pod}"), CultureInfo.InvariantCulture);

    public double Rate(string pod) => double.Parse(Write($"rate {pod}"), CultureInfo.InvariantCulture);

    /// <summary>Starts a collector here; its endpoint has a port of its own.</summary>
    public CollectorProcess StartCollector(string more = "", int port = 8000)
    {
        var collector = new CollectorProcess(this, port,
            $"nic --control-plane {ControlPlane} --dev {options.Device} --transport verbs --model none --prometheus-port {port} {more}");
        _collectors.Add(collector);
        return collector;
    }

    /// <summary>Starts a collector here whose queue pairs can be forced into an error.</summary>
    public CollectorProcess StartFaultyCollector(int lmaps)
    {
        var collector = new CollectorProcess(this, 8000,
            $"collect --control-plane {ControlPlane} --dev {options.Device} --lmaps {lmaps} --port 8000 --control 127.0.0.1:{OwnFaultPort}", "rdma-suite");
        _collectors.Add(collector);
        return collector;
    }

    /// <summary>Runs microview here to its end.</summary>
    public (int ExitCode, string Output) Run(string arguments, TimeSpan? patience = null) =>
        Shell.RunHere($"{options.Programs}/microview", arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries), patience ?? TimeSpan.FromSeconds(40));

    /// <summary>GET of the agent; null when it does not answer.</summary>
    public string? Ask(string path) => Get($"http://{ControlPlane}{path}");

    public string? Get(string address)
    {
        try
        {
            using var answer = _http.Send(new HttpRequestMessage(HttpMethod.Get, address) { Headers = { { "Accept", "text/plain;q=0.5,*/*" } } });
            using var reader = new StreamReader(answer.Content.ReadAsStream());
            return answer.IsSuccessStatusCode ? reader.ReadToEnd() : null;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException or IOException)
        {
            return null;
        }
    }

    /// <summary>A figure of the agent's self-metrics.</summary>
    public double AgentMetric(string name) => Exposition.Parse(Get($"http://{ControlPlane}/metrics") ?? "").Where(one => one.Name == name).Sum(one => one.Value);

    public static void Until(Func<bool> condition, TimeSpan patience, string what)
    {
        var started = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(started) > patience)
                throw new CaseFailedException($"not within {patience.TotalSeconds} s: {what}");
            Thread.Sleep(20);
        }
    }

    /// <summary>Waits for a condition and says how long it took.</summary>
    public static string TimeOf(Func<bool> condition, TimeSpan patience, string what)
    {
        var started = Stopwatch.GetTimestamp();
        Until(condition, patience, what);
        return Stopwatch.GetElapsedTime(started).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s";
    }

    /// <summary>The ends of all logs of the case, for a failure.</summary>
    public string Logs()
    {
        var there = There.Run($"for f in {Folder}/*.log; do echo \"== $f\"; tail -n 12 $f; done").Output;
        return $"over there:\n{there}\nhere:\n{string.Join('\n', _collectors.Select(one => one.Tail()))}";
    }

    /// <summary>Ends what runs.</summary>
    public void Clear()
    {
        foreach (var collector in _collectors)
            collector.Dispose();
        _collectors.Clear();
        There.Run($"for f in {Folder}/*.pid; do kill -CONT $(cat $f); kill -KILL $(cat $f); done 2>/dev/null; rm -rf {Folder}");
    }

    public void Dispose()
    {
        Clear();
        _http.Dispose();
    }

    private static void Command(string place, string line)
    {
        var answer = Lines.Ask(place, line, TimeSpan.FromSeconds(20));
        if (answer != "ok")
            throw new CaseFailedException($"{place}, '{line}': {answer}");
    }

    private static string? Try(Func<string> ask)
    {
        try
        {
            return ask();
        }
        catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException)
        {
            return null;
        }
    }

    /// <summary>Starts a program over there that runs until the case ends; its output is NAME.log in <see cref="Folder"/>.</summary>
    public void Background(string name, string command) =>
        There.Do($"mkdir -p {Folder} && cd {Folder} && {{ {command} >>{name}.log 2>&1 </dev/null & echo $! >{name}.pid; }}");
}

using System.Diagnostics;
using System.Globalization;

namespace MicroView.Rdma.Suite;

/// <summary>What is written over there arrives here: values, and pods that join, grow and leave.</summary>
internal static class ValueCases
{
    public static IReadOnlyList<(string Name, Action<Machines, Detail> Run)> Table { get; } =
    [
        ("values_getting_started", Getting_started),
        ("values_of_8_pods_are_those_written", Values_of_8_pods_are_those_written),
        ("values_by_two_lmaps", Values_by_two_lmaps),
        ("values_of_node_sources", Values_of_node_sources),
        ("values_of_rest_pods", Values_of_rest_pods),
        ("layout_joins_grows_and_leaves_are_followed", Joins_grows_and_leaves_are_followed),
        ("layout_a_thousand_joins_and_leaves", A_thousand_joins_and_leaves),
    ];

    /// <summary>Word for word, with the artifact's option names.</summary>
    private static void Getting_started(Machines machines, Detail detail)
    {
        machines.StartAgent(queues: 1);
        machines.Background("generate", $"{machines.Options.PeerPrograms}/microview generate --debug --num-metrics 16 --update-metrics --socket {Machines.Socket}");
        var collector = machines.StartCollector("--gid 1 --ib-port 1 --test read_loop --debug --duration 12");
        collector.WaitForEnd(TimeSpan.FromSeconds(40));
        Check.Equal(0, collector.ExitCode, "exit code of nic");
        Check.Contains("connected", collector.Log, "nic's log");
        Check.Contains("http_requests_total_", collector.Log, "the values that nic prints");
        var rate = collector.Log.Split('\n').First(line => line.Contains(" scrapes in ", StringComparison.Ordinal));
        detail.Add(rate.Trim());
        Check.Contains("connected", machines.There.Do("cat /tmp/microview-rdma-suite/host.log"), "the agent's log");
        Check.Contains("Metrics updated", machines.There.Do("cat /tmp/microview-rdma-suite/generate.log"), "the generator's log");
    }

    private static void Values_of_8_pods_are_those_written(Machines machines, Detail detail)
    {
        machines.StartAgent();
        machines.StartWriter(8, 16);
        var collector = machines.StartCollector("--scrape-interval 0.1");
        collector.WaitForPods(8);
        detail.Add(new ValueCheck(machines, collector, [.. Enumerable.Range(0, 8).Select(pod => $"w{pod}")], 16).Run(TimeSpan.FromSeconds(5)));
        Check.Equal(0.0, machines.AgentMetric("microview_host_rdma_queue_errors_total"), "queue pairs in error");
    }

    private static void Values_by_two_lmaps(Machines machines, Detail detail)
    {
        machines.StartAgent();
        machines.StartWriter(8, 100);
        var collector = machines.StartCollector("--scrape-interval 0.1 --lmaps 2");
        collector.WaitForPods(8);
        detail.Add(new ValueCheck(machines, collector, [.. Enumerable.Range(0, 8).Select(pod => $"w{pod}")], 100).Run(TimeSpan.FromSeconds(3)));
        Check.Equal(2, machines.Ask("/rdma/qps")!.Split("\"in_use\":true").Length - 1, "queue pairs in use");
    }

    /// <summary>Batch rows, confirmed by their stamps: what the kernel says over there is what is shown here.</summary>
    private static void Values_of_node_sources(Machines machines, Detail detail)
    {
        machines.StartAgent("--sources processes");
        var collector = machines.StartCollector("--scrape-interval 0.1");
        Machines.Until(() => collector.Samples().Any(one => one.Name == "process_resident_memory_bytes"), TimeSpan.FromSeconds(30), "processes arrive");
        var before = collector.Metric("microview_reads_total");
        Thread.Sleep(4000);
        var samples = collector.Samples();
        var fresh = samples.Where(one => one.Name == "microview_reads_total" && one.Label("status") is "fresh").Sum(one => one.Value);
        Check.True(fresh > 0 && collector.Metric("microview_reads_total") > before, "rows keep coming");
        Check.Equal(0.0, samples.Where(one => one.Name == "microview_reads_total" && one.Label("status") is "quarantined" or "unreadable").Sum(one => one.Value), "rows that could not be read");
        var own = samples.Where(one => one.Name == "process_resident_memory_bytes" && (one.Label("pod") ?? "").Contains("microview", StringComparison.Ordinal)).Sum(one => one.Value);
        Check.True(own > 1e6, $"the agent's own memory is among them: {own}");
        detail.Add($"{samples.Count(one => one.Name == "process_resident_memory_bytes")} pods, {fresh} fresh rows");
    }

    private static void Values_of_rest_pods(Machines machines, Detail detail)
    {
        machines.There.Do("mkdir -p /tmp/microview-rdma-suite && echo a-token-of-the-suite >/tmp/microview-rdma-suite/token");
        machines.StartAgent("--token-file /tmp/microview-rdma-suite/token");
        var body = "{\\\"microservice_id\\\":\\\"rest\\\",\\\"name\\\":\\\"suite_gauge_$i\\\",\\\"type\\\":true,\\\"value\\\":$i.5}";
        machines.There.Do($"for i in $(seq 0 19); do wget -q -O /dev/null --header 'Authorization: Bearer a-token-of-the-suite' --post-data \"{body}\" http://{machines.ControlPlane}/metrics || exit 1; done");
        var collector = machines.StartCollector("--scrape-interval 0.1");
        Machines.Until(() => collector.MetricsOf("rest") == 20, TimeSpan.FromSeconds(20), "20 metrics arrive");
        var values = collector.Values("rest");
        for (var i = 0; i < 20; i++)
            Check.Equal(i + 0.5, values[$"suite_gauge_{i}"], $"suite_gauge_{i}");
        // Nobody holds the segment: though it is registered, the agent finds that out, and the pod leaves.
        detail.Add("unheld segment left after " + Machines.TimeOf(() => collector.MetricsOf("rest") == 0, TimeSpan.FromSeconds(25), "the unheld pod leaves"));
    }

    private static void Joins_grows_and_leaves_are_followed(Machines machines, Detail detail)
    {
        machines.StartAgent();
        machines.StartWriter(2, 16);
        var collector = machines.StartCollector("--scrape-interval 0.1");
        collector.WaitForPods(2);
        machines.Write("join late 16");
        detail.Add("join " + Machines.TimeOf(() => collector.MetricsOf("late") == 16, TimeSpan.FromSeconds(10), "a pod that joins arrives"));
        foreach (var metrics in (int[])[100, 600, 3000])
        {
            machines.Write($"grow late {metrics}");
            detail.Add($"to {metrics} metrics " + Machines.TimeOf(() => collector.MetricsOf("late") == metrics, TimeSpan.FromSeconds(15), $"all {metrics} metrics arrive"));
        }
        detail.Add(new ValueCheck(machines, collector, ["w0", "late"], 16).Run(TimeSpan.FromSeconds(2)));
        machines.Write("leave late");
        detail.Add("leave " + Machines.TimeOf(() => collector.MetricsOf("late") == 0, TimeSpan.FromSeconds(10), "a pod that leaves is gone"));
        Check.Equal(0.0, machines.AgentMetric("microview_host_rdma_queue_errors_total"), "queue pairs in error");
        Check.Equal(0.0, collector.Metric("microview_rdma_completion_errors_total"), "completions in error");
    }

    /// <summary>Read every 10 ms meanwhile, or as fast as it goes, with a control word written to each: no READ and no WRITE meets memory that has been given up.</summary>
    private static void A_thousand_joins_and_leaves(Machines machines, Detail detail)
    {
        const int joins = 1000, atOnce = 20;
        machines.StartAgent();
        machines.StartWriter(2, 16);
        var collector = machines.StartCollector("--scrape-interval 0.01 --trace-rate 0.5");
        collector.WaitForPods(2);
        var (attached, retired) = (machines.AgentMetric("microview_host_attached_total"), machines.AgentMetric("microview_host_retired_total"));
        detail.Add($"{joins} joins and leaves, {atOnce} at once, in {machines.Write($"churn {joins} {atOnce}")} s");
        Machines.Until(() => machines.AgentMetric("microview_host_retired_total") - retired == joins, TimeSpan.FromSeconds(10), "all memory is given up");
        Check.Equal(joins, machines.AgentMetric("microview_host_attached_total") - attached, "pods that the agent has admitted");
        Check.Equal(0.0, machines.AgentMetric("microview_host_rdma_queue_errors_total"), "queue pairs that the agent has seen in error");
        Check.Equal(1.0, machines.AgentMetric("microview_host_rdma_connects_total"), "queue pairs that the agent has connected");
        Check.Equal(4.0, machines.AgentMetric("microview_host_rdma_regions"), "regions of the two pods that stay, and no others");
        foreach (var counter in (string[])["completion_errors", "reconnects", "timeouts"])
            Check.Equal(0.0, collector.Metric($"microview_rdma_{counter}_total"), $"{counter} of the collector");
        var (joined, reads) = (collector.Metric("microview_joined_pods_total"), collector.Metric("microview_rdma_reads_total"));
        Check.True(joined > joins * 3 / 4, $"the collector has followed most of them: {joined}");
        detail.Add(string.Create(CultureInfo.InvariantCulture, $"{joined} of them read, by {reads} READs without an error on either side"));
        detail.Add(new ValueCheck(machines, collector, ["w0", "w1"], 16).Run(TimeSpan.FromSeconds(2)));
    }
}

/// <summary>Looks at values for a while: each is one that was written to that metric, none is older than it may be, none goes back.</summary>
internal sealed class ValueCheck(Machines machines, CollectorProcess collector, string[] pods, int metrics)
{
    private static readonly TimeSpan s_age = TimeSpan.FromSeconds(2);
    private readonly Dictionary<string, double> _last = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<(long Time, long Round)>> _rounds = new(StringComparer.Ordinal);

    public string Run(TimeSpan time)
    {
        var (looks, values) = (0, 0);
        var started = Stopwatch.GetTimestamp();
        do
        {
            foreach (var pod in pods)
                Note(pod, out _);
            var samples = collector.Samples();
            foreach (var pod in pods)
            {
                Note(pod, out var now);
                var seen = samples.Where(one => one.Label("pod") == pod && one.Name.StartsWith("suite_", StringComparison.Ordinal)).ToArray();
                Check.True(seen.Length >= metrics, $"{pod} shows {metrics} metrics, not {seen.Length}");
                foreach (var sample in seen)
                    Look(pod, sample, now);
                values += seen.Length;
            }
            looks++;
        }
        while (Stopwatch.GetElapsedTime(started) < time);
        return string.Create(CultureInfo.InvariantCulture, $"{values} values in {looks} looks, all as written");
    }

    private void Note(string pod, out long round)
    {
        round = machines.Round(pod);
        if (!_rounds.TryGetValue(pod, out var known))
            _rounds[pod] = known = [];
        known.Add((Stopwatch.GetTimestamp(), round));
    }

    private void Look(string pod, Sample sample, long newest)
    {
        var number = int.Parse(string.Concat(sample.Name.Where(char.IsAsciiDigit)), CultureInfo.InvariantCulture);
        var isGauge = sample.Name.StartsWith("suite_gauge_", StringComparison.Ordinal);
        if (isGauge)
            Check.Equal(number % 1000.0, sample.Value % 1000, $"{pod} {sample.Name} = {sample.Value}: the metric's own part");
        var round = (isGauge ? sample.Value - number : 1000 * sample.Value) / 1000;
        Check.True(round == Math.Floor(round) && round <= newest, $"{pod} {sample.Name} = {sample.Value} was written (newest round {newest})");
        var oldest = _rounds[pod].LastOrDefault(one => Stopwatch.GetElapsedTime(one.Time) > s_age).Round;
        Check.True(round >= oldest, $"{pod} {sample.Name} is of round {round}, older than {s_age.TotalSeconds} s (round {oldest})");
        var key = pod + sample.Name;
        Check.True(!_last.TryGetValue(key, out var before) || round >= before, $"{pod} {sample.Name} went back from round {before} to {round}");
        _last[key] = round;
    }
}

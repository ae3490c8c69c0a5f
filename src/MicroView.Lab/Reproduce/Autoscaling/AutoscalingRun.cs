using System.Diagnostics;
using System.Globalization;

namespace MicroView.Lab;

/// <summary>
/// One run: a cluster, its controller, users, and a real MicroView that watches. First the quiet load, which is learnt from, then the steps. One loop does what is due; users live beside it. Leaves the time line (the step's table),
/// syncs.csv, decisions.csv (live), scores.csv, and the rows.
/// </summary>
internal sealed class AutoscalingRun(AutoscalingPlan plan, StepContext context)
{
    public const string SyncFile = "syncs.csv";

    // The service's name in MicroView, and the application's.
    private const string Service = "php-apache";
    private const double Learnt = 0.8; // of the quiet time; the rest shows what the detector says of the same load unlearnt

    private static readonly TimeSpan s_turn = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly HpaController _hpa = new(plan.Hpa);
    private readonly ClusterExposition _exposition = new();
    private readonly LatencyWindow _window = new(plan.WindowSeconds, plan.ObjectiveSeconds);
    private HpaDecision _decision;

    public async Task ExecuteAsync(CancellationToken stop)
    {
        var before = Process.GetCurrentProcess().TotalProcessorTime;
        var roots = await WebPage.CalibrateAsync(context, plan.PageSeconds, stop);
        context.Note(FormattableString.Invariant($"The page takes {1000 * plan.PageSeconds:0.#} ms of CPU: {roots:N0} square roots on this machine, where the php-apache example has 1,000,000."));
        var clock = new ClusterClock(plan.Speed);
        var cluster = new SmallCluster(plan.Cluster, clock, context, WebPage.Write(context.Scratch, roots));
        using var users = new ClosedLoopUsers(() => cluster.Ready, TimeSpan.FromSeconds(plan.Load.WaitTime), TimeSpan.FromSeconds(10));
        using var endpoint = new DocumentEndpoint(() => _exposition.Document);
        await StartReplicasAsync(cluster, users, stop);
        var microview = await WatchingMicroview.StartAsync(context, new WatchingOptions
        {
            Sources = ["--sources", "none", "--scrape", $"{Service}={endpoint.Address}", "--scrape-in-interval", Text(plan.RowSeconds)],
            LearnSeconds = Learnt * plan.QuietTime / plan.Speed, Application = $"{Service}={Service}", FalseAlarms = plan.Speed, // one in a day of the cluster
        }, stop);
        using var signal = plan.Variant == AutoscalingPlan.WithSignal ? new KedaSignal(microview.KedaPort, new("application", Service), new("metric", "score_ratio"), new("target", "1")) : null;
        var live = Process.GetCurrentProcess().TotalProcessorTime;
        context.Processes.Account(CpuRole.LoadGenerator, (live - before).TotalSeconds);
        var others = new OtherWork(context);
        var start = clock.Now;
        using (var syncs = new ResultFile(Path.Combine(context.Files, SyncFile)))
        {
            await LiveAsync(clock, start, cluster, users, signal, syncs.Text, stop);
            syncs.Commit();
        }
        users.SetCount(0);
        context.Processes.Account(CpuRole.LoadGenerator, (Process.GetCurrentProcess().TotalProcessorTime - live).TotalSeconds);
        others.Tell(AutoscalingFigure.TitleOf(plan.Variant));
        await microview.StopAsync(stop);
        AutoscalingScores.Write(microview, context.Files, unixNs => clock.SecondsOf(unixNs) - start.TotalSeconds - plan.QuietTime, -(1 - Learnt) * plan.QuietTime);
    }

    private async Task StartReplicasAsync(SmallCluster cluster, ClosedLoopUsers users, CancellationToken stop)
    {
        cluster.Replicas = plan.Hpa.MinReplicas;
        for (var watch = Stopwatch.StartNew(); cluster.Ready.Count < cluster.Replicas; await Task.Delay(s_turn, stop))
        {
            await cluster.ReconcileAsync(stop);
            if (watch.Elapsed > s_patience)
                throw new LabException($"no web worker listens after {s_patience.TotalSeconds:0} s", ExitCode.Failed);
        }
        cluster.Look();
        _exposition.Write(cluster, users, _hpa, _decision);
    }

    private async Task LiveAsync(ClusterClock clock, TimeSpan start, SmallCluster cluster, ClosedLoopUsers users, KedaSignal? signal, TextWriter syncs, CancellationToken stop)
    {
        var quiet = new QuietLoad(plan.QuietUsers, plan.QuietTime, plan.QuietHold, plan.Seed);
        var end = start + TimeSpan.FromSeconds(plan.QuietTime + plan.Load.TimeLimit);
        // The kubelet's measurements and the controller's syncs keep to no common beat.
        var (measure, sync) = (new Beat(clock, start, plan.Hpa.SyncPeriod), new Beat(clock, start + plan.Hpa.SyncPeriod / 2, plan.Hpa.SyncPeriod));
        var (expose, line) = (new Beat(clock, start, TimeSpan.FromSeconds(plan.RowSeconds / 2 * plan.Speed)), new Beat(clock, start, TimeSpan.FromSeconds(plan.LineSeconds * plan.Speed)));
        context.Csv.WriteRow("seconds", "users", "replicas", "ready", "pending", "failed", "cpu_ratio", "signal_ratio", "wanted", "answers", "bad", "p50_ms", "p95_ms", "kept");
        syncs.WriteRow("seconds", "current", "cpu_ratio", "signal_ratio", "wanted", "replicas");
        while (clock.Now < end)
        {
            var seconds = (clock.Now - start).TotalSeconds - plan.QuietTime;
            users.SetCount(seconds < 0 ? quiet.UsersAt(seconds + plan.QuietTime) : plan.Load.UsersAt(seconds));
            await cluster.ReconcileAsync(stop);
            if (measure.IsDue())
                cluster.MeasureCpu();
            if (sync.IsDue())
                await SyncAsync(clock, cluster, signal, seconds, syncs, stop);
            if (expose.IsDue())
            {
                cluster.Look();
                _exposition.Write(cluster, users, _hpa, _decision);
            }
            if (line.IsDue())
                WriteLine(seconds, cluster, users);
            await Task.Delay(s_turn, stop);
        }
    }

    private async Task SyncAsync(ClusterClock clock, SmallCluster cluster, KedaSignal? signal, double seconds, TextWriter syncs, CancellationToken stop)
    {
        var current = cluster.Replicas;
        ExternalValue[] externals = signal is null ? [] : [await signal.AskAsync(stop)];
        _decision = _hpa.Sync(clock.Now, current, cluster.States, externals);
        cluster.Replicas = _decision.Replicas;
        syncs.WriteRow(Round(seconds), current, Round(_decision.CpuRatio), Round(_decision.ExternalRatio), _decision.Wanted, _decision.Replicas);
    }

    private void WriteLine(double seconds, SmallCluster cluster, ClosedLoopUsers users)
    {
        _window.Add(users.Take());
        var seen = _window.Look();
        double Count(Func<WebReplica, bool> which) => cluster.All.Count(which);
        context.Csv.WriteRow(Round(seconds), users.Count, cluster.Replicas, Count(replica => replica.Serves), Count(replica => replica.Phase == PodPhase.Pending), Count(replica => replica.Phase == PodPhase.Failed),
            Round(_decision.CpuRatio), Round(_decision.ExternalRatio), _decision.Wanted, seen.Answers, seen.Bad, Round(1000 * seen.Median), Round(1000 * seen.Percentile95), seen.IsKept);
    }

    private static double Round(double value) => Math.Round(value, 3);

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Something that is done each so often of the cluster's time; what a busy machine missed is not made up for.</summary>
    private sealed class Beat(ClusterClock clock, TimeSpan first, TimeSpan period)
    {
        private TimeSpan _next = first;

        public bool IsDue()
        {
            var now = clock.Now;
            if (now < _next)
                return false;
            _next += period;
            if (_next <= now)
                _next = now + period;
            return true;
        }
    }
}

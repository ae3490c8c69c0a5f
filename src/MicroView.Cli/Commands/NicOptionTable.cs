using System.CommandLine;

namespace MicroView.Cli;

/// <summary>The options of `nic`.</summary>
internal sealed class NicOptionTable
{
    public Option<string?> ControlPlane { get; } = Kinds.Text("--control-plane", "HOST:PORT", "Host agent to collect from, https://HOST:PORT where it speaks TLS; a loopback address means this machine's socket [default: this machine's socket]", null, "-c");

    public Option<string?> ControlPlaneAuthorities { get; } = AgentOptions.ControlPlaneAuthorities();

    public Option<double?> ScrapeInterval { get; } = Kinds.OptionalSeconds("--scrape-interval", "How often pages are read; seconds; 0: back to back [default: 0.1; 0 with --test read_loop]", "-s");

    public Option<int> Lmaps { get; } = Kinds.Count("--lmaps", "N", "LMAPs: threads that read and classify, each its share of the pods", 1, 1, 256, null, "-l");

    public Option<string> Model { get; } = AgentOptions.Model("RFD");

    public Option<double?> FalseAlarms { get; } = AgentOptions.FalseAlarms();

    public Option<string?> ModelFile { get; } = AgentOptions.ModelFile();

    public Option<string> Normalize { get; } = AgentOptions.Normalize();

    public Option<double?> Tick { get; } = Kinds.OptionalSeconds("--tick", "How often a row is classified; seconds; 0: every scrape [default: 0.1; 0 with --test read_loop; the recording's with --recording]");

    public Option<double?> Learn { get; } = Kinds.OptionalSeconds("--learn", "Least time that a pod is learnt before it is watched, and never less than 30 rows; seconds [default: 30, and 60 rows]");

    public Option<string> WarmStart { get; } = AgentOptions.WarmStart();

    public Option<string> Transport { get; } = Kinds.Choice("--transport", "How pages are read; auto: recording when --recording is given, verbs when --dev is given or the control plane is on another machine, else shm", "auto", ["auto", "shm", "verbs", "recording"]);

    public Option<string?> Device { get; } = AgentOptions.Device();

    public Option<int?> Gid { get; } = AgentOptions.Gid();

    public Option<int> IbPort { get; } = AgentOptions.IbPort();

    public Option<double?> TraceRate { get; } = Kinds.Number<double?>("--trace-rate", "RATE", "Sampling rate written into every pod's control word, renewed each second; 0 to 1 [default: none is written]", null, "a number from 0 to 1",
        (string text, out double? value) =>
        {
            var valid = double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var rate) && rate is >= 0 and <= 1;
            value = rate;
            return valid;
        }, null);

    public ActionOptionTable Actions { get; } = new("off");

    public AccessOptionTable Access { get; } = new();

    public Option<string?> Record { get; } = AgentOptions.Record();

    public Option<string?> Recording { get; } = Kinds.Text("--recording", "FILE", "Replay a recording instead of asking an agent; ends with a summary where it ends");

    public Option<double?> ReplaySpeed { get; } = Kinds.Number<double?>("--replay-speed", "X", "Pace of a replay: 1 as recorded, 10 ten times as fast, 0 as fast as possible; the decisions are the same [default: 0; 1 with --interactive]", null, "a number from 0 to 1000000",
        (string text, out double? value) =>
        {
            var valid = double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var speed) && speed is >= 0 and <= 1e6;
            value = speed;
            return valid;
        }, null);

    public Option<bool> Stay { get; } = Kinds.Flag("--stay", "Go on serving the last values when the recording ends [default: ends with it]");

    public Option<string?> Decisions { get; } = Kinds.Text("--decisions", "FILE", "Write a CSV line per classified row: time_ns, pod, score, threshold, anomalous, alarm; live or in a replay");

    public Option<string?> Rows { get; } = Kinds.Text("--rows", "DIR", "With --recording: write the rows that detectors are given, a CSV file per pod, for `microview lab score`");

    public Option<int> PrometheusPort { get; } = AgentOptions.PrometheusPort();

    public SampleOptionTable Samples { get; } = new();

    public Option<bool> Interactive { get; } = Kinds.Flag("--interactive", "Terminal view: pods, scores, alarms; q quits", "-i");

    public Option<string?> Test { get; } = TestOption();

    public Option<double?> Duration { get; } = Kinds.OptionalSeconds("--duration", "Stop by itself after this time; seconds [default: runs until stopped]");

    public Option<string?> StatsDirectory { get; } = Kinds.Text("--stats-dir", "DIR", "Where the CSV of each LMAP is written at the end [default: the working directory with --test read_loop, else nowhere]");

    public Option<int> StatsInterval { get; } = Kinds.Count("--stats-interval", "SEC", "Stretch of one row of that CSV, and of one log line; whole seconds", 10, 1, 3600);

    public Option<bool> Pin { get; } = Kinds.Flag("--pin", "Bind each LMAP to a core of its own and let it spin [default: shares the cores, sleeps between scrapes]");

    public Option<string?> TokenFile { get; } = Kinds.Text("--token-file", "FILE", "File with the collector's token (environment: MICROVIEW_TOKEN holds the token itself)");

    public Option<string?> Socket { get; } = AgentOptions.Socket();

    public Option<bool> Debug { get; } = Kinds.Flag("--debug", "Log every decision and the values read per pod, throttled (environment: MICROVIEW_DEBUG=1)");

    public void AddTo(Command command)
    {
        Option[] table = [ControlPlane, ControlPlaneAuthorities, ScrapeInterval, Lmaps, Model, FalseAlarms, ModelFile, Normalize, Tick, Learn, WarmStart, Transport, Device, Gid, IbPort, Record, Recording, ReplaySpeed, Stay, Decisions, Rows, PrometheusPort, .. Samples.All, Interactive, Test, Duration, StatsDirectory, StatsInterval, Pin, TraceRate, TokenFile, Socket, Debug];
        foreach (var option in table)
            command.Add(option);
        Access.AddTo(command);
        Actions.AddTo(command);
    }

    private static Option<string?> TestOption()
    {
        var option = Kinds.Choice("--test", "read_loop: read as fast as it goes, rates per LMAP every 10 s, CSV at the end; prometheus: serve; setup: connect, read one page of each pod, print it, end with 0 or 1", "", ["read_loop", "prometheus", "setup"]);
        var test = new Option<string?>(option.Name) { Description = option.Description, HelpName = option.HelpName, CustomParser = option.CustomParser };
        test.CompletionSources.AddRange(option.CompletionSources);
        return test;
    }
}

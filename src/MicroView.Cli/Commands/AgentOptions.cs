using System.CommandLine;
using System.Globalization;
using MicroView.Analysis;

namespace MicroView.Cli;

/// <summary>Options that several commands have, worded once.</summary>
internal static class AgentOptions
{
    public static Option<string?> Socket() =>
        Kinds.Text("--socket", "PATH", "Unix socket of the host agent [default: MICROVIEW_SOCKET, else /run/microview/agent.sock, else $XDG_RUNTIME_DIR/microview/agent.sock, else /tmp/microview-UID/agent.sock]");

    public static Option<string?> ControlPlaneAuthorities() =>
        Kinds.Text("--control-plane-ca", "FILE", "Authorities (PEM) that the certificate of https://HOST:PORT is judged by [default: the machine's]");

    public static Option<string?> Configuration() =>
        Kinds.Text(ConfigurationTable.FileOption, "FILE", "Configuration, YAML or JSON; variables MICROVIEW_OPTION count over it, and flags over both: `microview config` (environment: MICROVIEW_CONFIG)");

    public static Option<string?> Device() => Kinds.Text("--dev", "NAME", "RDMA device, as in `ibv_devices` [default: the first one with an active port]", null, "-d");

    public static Option<int?> Gid() => Kinds.Number<int?>("--gid", "INDEX", "Index in the port's GID table [default: the RoCE v2 entry of the address in use]", null, "a whole number from 0 to 255",
        (string text, out int? value) =>
        {
            var valid = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index <= 255;
            value = index;
            return valid;
        }, null);

    public static Option<int> IbPort() => Kinds.Count("--ib-port", "N", "Port of the RDMA device", 1, 1, 255);

    public static Option<string> Sources(string standard) =>
        Kinds.Choice("--sources", "What of this machine becomes pods without instrumentation", standard, ["none", "processes", "cgroups", "all"]);

    public static Option<bool> Debug() => Kinds.Flag("--debug", "Log every decision; show the trace of a defect (environment: MICROVIEW_DEBUG=1)");

    public static Option<string> Model(string standard) =>
        Kinds.Choice("--model", "Detector of each pod: RFD (robust Frequent Directions), FD (the paper's), TH (threshold per metric), VAE (a trained network: --model-file), none", standard, [.. DetectorRegistry.Names], "-m");

    public static Option<double?> FalseAlarms() => Kinds.Number<double?>(
        "--false-alarms", "N", "False alarms that a pod may have a day: its threshold follows its own scores; 0: the model's own threshold [default: 1 with RFD, else 0]", null, "a number from 0 to 1000",
        (string text, out double? value) =>
        {
            var valid = double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var perDay) && perDay is >= 0 and <= 1000;
            value = perDay;
            return valid;
        }, null);

    public static Option<string?> ModelFile() =>
        Kinds.Text("--model-file", "PATH", "VAE: a trained network, or a folder with a file SERVICE.vae per service (trained by `microview lab vae train`)");

    public static Option<string> WarmStart() =>
        Kinds.Choice("--warm-start", "A new pod starts from what the pods of its service have learnt, if its first rows agree with it", "on", ["on", "off"]);

    public static Option<string> Normalize() =>
        Kinds.Choice("--normalize", "Norm of a row before detection: unit (the paper's; blind to the size of an anomaly) or none", "none", ["unit", "none"]);

    public static Option<double> Tick() => Kinds.Seconds("--tick", "How often a row is classified; seconds; 0: every scrape", 0.1);

    public static Option<string?> Record() => Kinds.Text("--record", "FILE", "Record what is read, so that `nic --recording FILE` can replay it anywhere; the file must not exist yet and is readable by its owner alone");

    public static Option<int> PrometheusPort() => Kinds.Port("--prometheus-port", "TCP port of the Prometheus endpoint (/metrics) on loopback; 0: any free one", 8000);
}

using System.CommandLine;
using System.Globalization;

namespace MicroView.Cli;

/// <summary>Options that several commands have, worded once.</summary>
internal static class AgentOptions
{
    public static Option<string?> Socket() =>
        Kinds.Text("--socket", "PATH", "Unix socket of the host agent [default: MICROVIEW_SOCKET, else /run/microview/agent.sock, else $XDG_RUNTIME_DIR/microview/agent.sock, else /tmp/microview-UID/agent.sock]");

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

    public static Option<string> Model(string standard)
    {
        var option = Kinds.Choice("--model", "Detector of each pod: FD (Frequent Directions), TH (threshold per metric), none. VAE and RFD are not in this build", standard,
            ["none", "TH", "FD", "VAE", "RFD"], "-m");
        option.Validators.Add(result =>
        {
            if (result.Tokens is [.., { Value: var name }] && (name.Equals("VAE", StringComparison.OrdinalIgnoreCase) || name.Equals("RFD", StringComparison.OrdinalIgnoreCase)))
                result.AddError($"--model: {name} is not in this build; use FD, TH or none");
        });
        return option;
    }

    public static Option<string> Normalize() =>
        Kinds.Choice("--normalize", "Norm of a row before detection: unit (the paper's; blind to the size of an anomaly) or none", "none", ["unit", "none"]);

    public static Option<double> Tick() => Kinds.Seconds("--tick", "How often a row is classified; seconds; 0: every scrape", 0.1);

    public static Option<string?> Record() => Kinds.Text("--record", "FILE", "Record what is read, so that `nic --recording FILE` can replay it anywhere; the file must not exist yet and is readable by its owner alone");

    public static Option<int> PrometheusPort() => Kinds.Port("--prometheus-port", "TCP port of the Prometheus endpoint (/metrics) on loopback; 0: any free one", 8000);
}

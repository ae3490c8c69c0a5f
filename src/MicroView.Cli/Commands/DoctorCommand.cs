using System.CommandLine;

namespace MicroView.Cli;

/// <summary>`microview doctor`: what this machine can do.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var json = Kinds.Flag("--json", "One JSON object instead of a table");
        var strict = Kinds.Flag("--strict", "End with 1 when something is missing [default: always 0]");
        var socket = AgentOptions.Socket();
        var port = Kinds.Port("--port", "TCP port of the agent's HTTP control plane, to look whether it is free", 5000);
        var prometheusPort = AgentOptions.PrometheusPort();
        var place = Kinds.Text("--control-plane", "HOST:PORT", "An agent elsewhere (https://HOST:PORT where it speaks TLS): reachable, lets this machine in, and its pages can be read by RDMA", null, "-c");
        var authorities = AgentOptions.ControlPlaneAuthorities();
        var tokenFile = Kinds.Text("--token-file", "FILE", "File with the collector's token (environment: MICROVIEW_TOKEN holds the token itself)");
        var (device, gid, ibPort) = (AgentOptions.Device(), AgentOptions.Gid(), AgentOptions.IbPort());
        var command = new DocumentedCommand("doctor", "Tell what this machine can do, and what to do about what is limited or missing.",
            new("microview doctor", "a table: ok, limited, missing"),
            new("microview doctor --control-plane 10.9.0.1:5000", "also: can this machine collect from the agent there by RDMA? ends with one verified READ"),
            new("microview doctor --json --strict", "for scripts: JSON, and 1 when something is missing")) { json, strict, socket, port, prometheusPort, place, authorities, tokenFile, device, gid, ibPort };
        command.SetAction(result =>
        {
            var findings = Examination.Run(result.GetValue(socket), result.GetValue(port), result.GetValue(prometheusPort)).ToList();
            if (result.GetValue(place) is { } agent)
                findings.AddRange(ControlPlaneExamination.Run(agent, result.GetValue(authorities), TokenChoice.Read(result.GetValue(tokenFile)), result.GetValue(device), result.GetValue(ibPort), result.GetValue(gid)));
            var output = result.InvocationConfiguration.Output;
            if (result.GetValue(json))
                DoctorReport.WriteJson(output, findings);
            else
                DoctorReport.WriteTable(output, findings);
            return result.GetValue(strict) && findings.Any(finding => finding.State == FindingState.Missing) ? ExitCode.Failed : ExitCode.Success;
        });
        return command;
    }
}

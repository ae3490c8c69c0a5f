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
        var command = new DocumentedCommand("doctor", "Tell what this machine can do, and what to do about what is limited or missing.",
            new("microview doctor", "a table: ok, limited, missing"),
            new("microview doctor --json --strict", "for scripts: JSON, and 1 when something is missing")) { json, strict, socket, port, prometheusPort };
        command.SetAction(result =>
        {
            var findings = Examination.Run(result.GetValue(socket), result.GetValue(port), result.GetValue(prometheusPort));
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

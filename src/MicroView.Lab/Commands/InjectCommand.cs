using System.CommandLine;

namespace MicroView.Lab;

/// <summary>`microview lab inject`: anomalies in the services of an application, as the artifact's injector.</summary>
internal static class InjectCommand
{
    public static Command Create()
    {
        var config = Kinds.Required("--config", "FILE", "What is injected, as the artifact's injector.yaml: start_delay, period_max_seconds, num_injection_rounds, stressors, blacklist, namespace", "-c");
        var application = Kinds.Text("--application", "FILE", "Who runs where: hotel.json of samples/Hotel, or services with name, pid and cgroups", "-a");
        var targets = Kinds.Text("--targets", "NAME,…", "Targets by name, where none run here: their label app in Kubernetes");
        var output = Kinds.Value("--output", "FILE", "What was injected: start, end, service, type", FaultFile.Name, "a file", (string text, out string value) => (value = text).Length > 0, "-o");
        var chaos = Kinds.Value("--chaos-file", "FILE", "With a namespace: the Chaos Mesh workflow that is written instead", "chaos.yaml", "a file", (string text, out string value) => (value = text).Length > 0);
        var dry = Kinds.Flag("--dry-run", "Say what would be injected where and when; inject and write nothing", "-d");
        var seed = LabOptions.Seed();
        var command = new DocumentedCommand("inject", "Put real stress (Debian's stress-ng) into random services of a running application: CPU, memory capacity, memory bandwidth, cache, disk; in the service's cgroup, or where it has none on the cores that it is bound to.",
            new("microview lab inject --config injector.yaml --application hotel/hotel.json --output faults.csv", "into a running samples/Hotel"),
            new("microview lab inject --config injector.yaml --targets frontend,geo,rate --dry-run --seed 3", "what seed 3 would do"),
            new("microview lab inject --config kubernetes.yaml --targets frontend,geo,rate --chaos-file chaos.yaml", "the same for Chaos Mesh, where the file has a namespace"))
        { config, application, targets, output, chaos, dry, seed };
        command.SetAction((result, stop) => InjectRun.ExecuteAsync(new InjectOrder(
            InjectorFile.Read(result.GetValue(config)!), result.GetValue(application), result.GetValue(targets)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [],
            result.GetValue(output)!, result.GetValue(chaos)!, (ulong)result.GetValue(seed), result.GetValue(dry)), result.InvocationConfiguration.Output, stop));
        return command;
    }
}

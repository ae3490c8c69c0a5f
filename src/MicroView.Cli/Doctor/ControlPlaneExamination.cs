using MicroView.Verbs;

namespace MicroView.Cli;

/// <summary>Whether this machine can collect from an agent elsewhere: reach it, be let in, and read its pages by RDMA. Leaves nothing behind.</summary>
internal static class ControlPlaneExamination
{
    public static IReadOnlyList<Finding> Run(string place, string? authorities, string? token, string? device, int port, int? gid)
    {
        var findings = new List<Finding>();
        using var agent = new ControlPlaneClient(place, authorities, token);
        if (agent.Reach() is { } problem)
            findings.Add(new("control plane", FindingState.Missing, problem, "start there: microview host --rdma-queues 1 --listen ADDRESS --collectors THIS-MACHINE"));
        else
            findings.Add(new("control plane", FindingState.Ok, $"an agent answers at {place}"));
        var allowed = findings[0].State == FindingState.Ok && Ask(findings, agent);
        var usable = Device(findings, agent, device, port, gid);
        if (allowed && usable)
            Read(findings, agent, device, port, gid);
        return findings;
    }

    private static bool Ask(List<Finding> findings, ControlPlaneClient agent)
    {
        const string subject = "queue pairs there";
        try
        {
            var all = agent.QueuePairs().QueuePairs;
            var used = all.Count(queue => queue.InUse == true);
            findings.Add(all.Count == 0
                ? new(subject, FindingState.Missing, "none", "the agent has no RDMA device, or was started with --rdma-queues 0: its log says which")
                : new(subject, used < all.Count ? FindingState.Ok : FindingState.Limited, $"{all.Count}, {used} in use", used < all.Count ? "" : "all are taken: start the agent with more --rdma-queues, one per LMAP of each collector"));
            return all.Count > 0;
        }
        catch (IOException error)
        {
            findings.Add(new(subject, FindingState.Missing, error.Message, "the collector role is needed: --token-file FILE here and there, or --collectors with this machine's address there"));
            return false;
        }
    }

    private static bool Device(List<Finding> findings, ControlPlaneClient agent, string? device, int port, int? gid)
    {
        try
        {
            using var opened = VerbsDevice.Open(device);
            var found = opened.QueryPort(port);
            var subject = $"{opened.Name} port {port}";
            findings.Add(found.IsActive
                ? new(subject, FindingState.Ok, $"{found.State}, MTU {found.ActiveMtu.ToBytes()}, {(found.IsEthernet ? "Ethernet (RoCE)" : "InfiniBand")}")
                : new(subject, FindingState.Missing, found.State, "bring its link up: rdma link show, ip link set ETH up"));
            var chosen = found.ChooseGid(gid, VerifiedRead.LocalAddressTo(agent.Host));
            foreach (var entry in found.Gids)
                findings.Add(new("GID table", FindingState.Ok, $"{entry}{(entry.Index == chosen.Index ? " (used)" : "")}"));
            return found.IsActive;
        }
        catch (IOException error)
        {
            findings.Add(new("RDMA device", FindingState.Missing, error.Message, SoftRoce.Advice(VerbsLibrary.Probe().IsLibraryPresent)));
            return false;
        }
    }

    private static void Read(List<Finding> findings, ControlPlaneClient agent, string? device, int port, int? gid)
    {
        try
        {
            using var read = new VerifiedRead(device, port, gid, VerifiedRead.LocalAddressTo(agent.Host));
            findings.Add(read.Run(agent));
        }
        catch (IOException error)
        {
            findings.Add(new("verified READ", FindingState.Missing, error.Message, "the lines above say what is in the way"));
        }
        finally
        {
            agent.Leave();
        }
    }

}

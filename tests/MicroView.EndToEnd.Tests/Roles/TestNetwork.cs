namespace MicroView.EndToEnd.Tests;

/// <summary>A pair of network interfaces, one end in a network namespace of its own. Root only; removed at the end.</summary>
internal sealed class TestNetwork : IDisposable
{
    private static int s_made;
    private readonly string _name;

    private TestNetwork(string name, int net) => (_name, Address, Peer) = (name, $"10.213.{net}.1", $"10.213.{net}.2");

    /// <summary>Ours.</summary>
    public string Address { get; }

    /// <summary>The address inside of the namespace.</summary>
    public string Peer { get; }

    public static TestNetwork Create()
    {
        if (Environment.UserName != "root")
            Assert.Skip("needs root, to make a network namespace");
        Promtool.Require("ip", "iproute2");
        // Several of one run may be there at once, and several runs.
        var (process, number) = (Environment.ProcessId % 10_000, Interlocked.Increment(ref s_made) % 10);
        var network = new TestNetwork($"mv{process}n{number}", 1 + process % 25 * 10 + number);
        string[] steps =
        [
            $"netns add {network._name}", $"link add {network._name}a type veth peer name {network._name}b netns {network._name}",
            $"addr add {network.Address}/30 dev {network._name}a", $"link set {network._name}a up",
            $"-n {network._name} addr add {network.Peer}/30 dev {network._name}b", $"-n {network._name} link set {network._name}b up",
        ];
        foreach (var step in steps)
        {
            using var ip = Microview.StartProgram("ip", step);
            if (ip.WaitForExit() == 0)
                continue;
            var problem = ip.Errors.Trim();
            network.Dispose();
            Assert.Skip($"ip {step}: {problem}");
        }
        return network;
    }

    /// <summary>Starts a program inside.</summary>
    public Microview Start(string program, string arguments) => Microview.StartProgram("ip", $"netns exec {_name} {program} {arguments}");

    public void Dispose()
    {
        foreach (var step in (string[])[$"link del {_name}a", $"netns del {_name}"])
        {
            using var ip = Microview.StartProgram("ip", step);
            ip.WaitForExit();
        }
    }
}

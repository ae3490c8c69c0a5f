using System.CommandLine;

namespace MicroView.Cli;

/// <summary>The options of `host`.</summary>
internal sealed class HostOptionTable
{
    public Option<int> Queues { get; } = Kinds.Count("--rdma-queues", "N", "Queue pairs offered to RDMA collectors; 0 without an RDMA device", 1, 0, 1024, null, "-q");

    public Option<string?> Host { get; } = Kinds.Text("--host", "ADDR", "Address of the HTTP control plane; anything but loopback needs a token or --collectors [default: 127.0.0.1]", null, "--listen");

    public Option<int> Port { get; } = Kinds.Port("--port", "TCP port of the HTTP control plane", 5000);

    public Option<long> PageSize { get; } = Kinds.Bytes("--page-size", "Page: the unit of reading and registering; bytes, multiple of 4096", 4096, 4096, 1 << 20, "DEFAULT_PAGE_SIZE");

    public Option<long> RegionSize { get; } = Kinds.Bytes("--mr-size", "Capacity of the segment, and so of the memory region, of one REST pod; bytes (sparse)", 1 << 20, 8192, 64L << 20, "DEFAULT_RDMA_MR_SIZE");

    public Option<long> PoolSize { get; } = Kinds.Bytes("--pool-size", "Quota of all pods together; bytes", 1L << 30, 4096, 1L << 40, "SHM_POOL_SIZE");

    public Option<string?> PoolName { get; } = Kinds.Text("--pool-name", "NAME", "Prefix of the named segments of REST pods [default: microview]", "SHM_POOL_NAME");

    public Option<int> MaxPods { get; } = Kinds.Count("--max-pods", "N", "Quota of pods", 4096, 1, 1_000_000);

    public Option<string[]> Collectors { get; } = new("--collectors")
    {
        Description = "Networks whose peers have the collector role without a token (CIDR, comma separated) [default: none]",
        HelpName = "CIDR,...",
        CustomParser = CidrList.Parse,
    };

    public Option<string?> TokenFile { get; } = Kinds.Text("--token-file", "FILE", "File with the token of remote clients and collectors (environment: MICROVIEW_TOKEN holds the token itself)");

    public Option<string?> Certificate { get; } = AccessOptionTable.CertificateOption("a control plane beyond loopback speaks");

    public Option<string?> CertificateKey { get; } = AccessOptionTable.KeyOption();

    public Option<string?> ShmGroup { get; } = Kinds.Text("--shm-group", "GROUP", "Group that may open the segments of REST pods (mode 0660) [default: owner only, 0600]");

    public Option<string?> Socket { get; } = AgentOptions.Socket();

    public Option<string?> Device { get; } = AgentOptions.Device();

    public Option<int?> Gid { get; } = AgentOptions.Gid();

    public Option<int> IbPort { get; } = AgentOptions.IbPort();

    public Option<string> Sources { get; } = AgentOptions.Sources("none");

    public ScrapeInOptionTable ScrapeIn { get; } = new();

    public Option<bool> Debug { get; } = AgentOptions.Debug();

    public void AddTo(Command command)
    {
        Option[] table = [Queues, Host, Port, PageSize, RegionSize, PoolSize, PoolName, MaxPods, Collectors, TokenFile, Certificate, CertificateKey, ShmGroup, Socket, Device, Gid, IbPort, Sources, Debug];
        foreach (var option in table)
            command.Add(option);
        ScrapeIn.AddTo(command);
    }
}

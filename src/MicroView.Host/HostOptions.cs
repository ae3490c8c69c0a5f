using System.Net;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>What a host agent is started with. Every limit says why it is there; <see cref="HostAgent.StartAsync"/> checks them all.</summary>
public sealed record HostOptions
{
    /// <summary>The Unix socket's path; null: MICROVIEW_SOCKET, else the first place this user can own.</summary>
    public string? SocketPath { get; init; }

    /// <summary>Address that REST listens on. Off loopback a token or <see cref="Collectors"/> is required.</summary>
    public IPAddress RestAddress { get; init; } = IPAddress.Loopback;

    /// <summary>REST port; 0 picks a free one.</summary>
    public int RestPort { get; init; } = 5000;

    /// <summary>False: no REST at all.</summary>
    public bool RestEnabled { get; init; } = true;

    /// <summary>The token itself; null: <see cref="TokenFile"/>, else MICROVIEW_TOKEN, else none.</summary>
    public string? Token { get; init; }

    /// <summary>File whose trimmed text is the token.</summary>
    public string? TokenFile { get; init; }

    /// <summary>PEM file of the certificate that REST speaks TLS with, its key in it or in <see cref="CertificateKey"/>; null: plain HTTP. Not on loopback.</summary>
    public string? Certificate { get; init; }

    /// <summary>PEM file of the certificate's key; null: in the same file.</summary>
    public string? CertificateKey { get; init; }

    /// <summary>Networks whose peers have the collector role.</summary>
    public IReadOnlyList<IPNetwork> Collectors { get; init; } = [];

    /// <summary>Group id that may open REST segments (mode 0660); null: the agent's user alone (0600).</summary>
    public int? ShmGroup { get; init; }

    /// <summary>Pods in all: bounds what readers must visit.</summary>
    public int MaxPods { get; init; } = 4096;

    /// <summary>Bytes of all objects' capacities together (SHM_POOL_SIZE).</summary>
    public long PoolBytes { get; init; } = 1L << 30;

    /// <summary>First part of the names of REST segments (SHM_POOL_NAME).</summary>
    public string PoolName { get; init; } = "microview";

    /// <summary>DEFAULT_PAGE_SIZE of the artifact; only 4096 is possible.</summary>
    public int PageSize { get; init; } = PageFormat.PageSize;

    /// <summary>DEFAULT_RDMA_MR_SIZE of the artifact: capacity of a REST pod's segment, in bytes, sparse; a region never holds two pods.</summary>
    public long RdmaRegionSize { get; init; } = 1024 * 1024;

    /// <summary>Queue pairs asked for; without an RDMA device none are made.</summary>
    public int RdmaQueues { get; init; }

    /// <summary>RDMA device; null: the first.</summary>
    public string? RdmaDevice { get; init; }

    /// <summary>Index in the port's GID table; null: the RoCE v2 entry of <see cref="RestAddress"/>, else of any IPv4 address.</summary>
    public int? RdmaGid { get; init; }

    /// <summary>Port of the RDMA device.</summary>
    public int RdmaPort { get; init; } = 1;

    /// <summary>Where REST segments are remembered, so that the next agent can adopt them; null: "rest" beside the socket.</summary>
    public string? StateFolder { get; init; }

    /// <summary>A reader's lease in ms.</summary>
    public int LeaseMs { get; init; } = 2000;

    /// <summary>How long what has gone waits for a reader that renews its lease and does not acknowledge; then the lease is taken away.</summary>
    public TimeSpan ReaderPatience { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long nobody may hold a REST segment before it is given back.</summary>
    public TimeSpan RestGrace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a new connection may stay silent.</summary>
    public TimeSpan FirstMessageTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Connections of one user who is neither root nor the agent's own; null: half of <see cref="MaxPods"/>, so that one user cannot take every pod.</summary>
    public int? MaxConnectionsPerUser { get; init; }

    /// <summary>Trace sampling rate of a pod for which no collector holds another, 0…1.</summary>
    public double BaseTraceRate { get; init; } = 0.01;

    /// <summary>How long a collector's rate stands without being written again.</summary>
    public TimeSpan RateTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>For tests of faults: what stands between the pods and the device's registrar.</summary>
    internal Func<IRegistrar, IRegistrar>? Registrar { get; init; }

    internal string? EffectiveToken()
    {
        if (Token is not null)
            return Token;
        if (TokenFile is null)
            return Environment.GetEnvironmentVariable("MICROVIEW_TOKEN") is { Length: > 0 } token ? token : null;
        try
        {
            return File.ReadAllText(TokenFile).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new HostStartException($"cannot read the token file {TokenFile}: {error.Message}; give a readable file or leave out --token-file");
        }
    }

    /// <summary>Everything that is wrong with the settings, a line each.</summary>
    public IReadOnlyList<string> Problems()
    {
        try
        {
            return Check(EffectiveToken());
        }
        catch (HostStartException error)
        {
            return [error.Message, .. Check("a token that could not be read")];
        }
    }

    internal void Validate(string? token)
    {
        if (Check(token) is { Count: > 0 } problems)
            throw new HostStartException(string.Join("; ", problems));
    }

    private List<string> Check(string? token)
    {
        var problems = new List<string>();
        void Require(bool condition, string problem)
        {
            if (!condition)
                problems.Add(problem);
        }

        Require(RestPort is >= 0 and <= 65535, $"port {RestPort} is not one; use 1 to 65535, or 0 for a free one");
        Require(MaxPods is >= 1 and <= 1_000_000, $"{MaxPods} pods; use 1 to 1000000");
        Require(PoolBytes >= 2 * PageFormat.PageSize, $"a pool of {PoolBytes} bytes holds no pod; use at least {2 * PageFormat.PageSize}");
        Require(PageSize == PageFormat.PageSize, $"page size {PageSize}; only {PageFormat.PageSize} is supported, leave out --page-size");
        Require(RdmaRegionSize is >= 2 * PageFormat.PageSize and <= PageFormat.MaxCapacity && RdmaRegionSize % PageFormat.PageSize == 0,
            $"memory region size {RdmaRegionSize}; use a multiple of {PageFormat.PageSize} from {2 * PageFormat.PageSize} to {PageFormat.MaxCapacity}");
        Require(RdmaQueues is >= 0 and <= 1024, $"{RdmaQueues} RDMA queues; use 0 to 1024");
        Require(RdmaGid is null or (>= 0 and <= 255), $"GID index {RdmaGid}; use 0 to 255"); // a byte in verbs
        Require(RdmaPort is >= 1 and <= 255, $"RDMA port {RdmaPort}; use 1 to 255");
        Require(LeaseMs is >= 100 and <= 60_000, $"a lease of {LeaseMs} ms; use 100 to 60000");
        Require(BaseTraceRate is >= 0 and <= 1, $"base trace rate {BaseTraceRate}; use 0 to 1");
        Require(IsSegmentName(PoolName), $"pool name '{PoolName}'; use 1 to 100 letters, digits, '.', '_' or '-', not starting with '.'");
        Require(token is null or { Length: >= 8 }, "the token has fewer than 8 characters; use a longer one");
        Require(!RestEnabled || IPAddress.IsLoopback(RestAddress) || token is not null || Collectors.Count > 0,
            $"refusing to listen on {RestAddress} without a token or a list of collectors; set MICROVIEW_TOKEN or --token-file, name them with --collectors, or listen on 127.0.0.1");
        Require(Certificate is null || !IPAddress.IsLoopback(RestAddress), "--tls-certificate is for a control plane beyond loopback: give --listen ADDR as well");
        Require(CertificateKey is null || Certificate is not null, "--tls-key is for --tls-certificate, which is not given");
        if (Certificate is not null)
        {
            try
            {
                _ = new ServerCertificate(Certificate, CertificateKey);
            }
            catch (IOException error)
            {
                problems.Add($"--tls-certificate: {error.Message}");
            }
        }
        return problems;
    }

    private static bool IsSegmentName(string name) =>
        name.Length is >= 1 and <= 100 && name[0] != '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');
}

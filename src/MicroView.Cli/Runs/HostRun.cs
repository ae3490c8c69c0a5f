using System.CommandLine;
using System.Net;
using MicroView.Host;
using Microsoft.Extensions.Logging;

namespace MicroView.Cli;

/// <summary>Runs `host`.</summary>
internal static class HostRun
{
    public static async Task<int> RunAsync(HostOptionTable options, ParseResult result, RunContext run)
    {
        var (problems, taken) = (new ProblemList(), new ProblemList());
        var (host, sourceOptions, scrapeIn) = Read(options, result, problems);
        if (host.RestEnabled)
            PortCheck.Look(taken, host.RestAddress.ToString(), host.RestPort, "--port");
        problems.ThrowIfAny(taken);
        await using var agent = await HostAgent.StartAsync(host, run.Loggers, run.Stop);
        using var sources = sourceOptions is null ? null : agent.Watch(sourceOptions, run.Loggers.CreateLogger("MicroView.Host.Sources"));
        using var scrapes = scrapeIn is null ? null : agent.Scrape(scrapeIn, run.Loggers.CreateLogger("MicroView.Host.ScrapeIn"));
        if (sources is not null)
            SourceChoice.TellLater(sources, run.Loggers.CreateLogger("MicroView.Host.Sources"), run.Stop);
        await Running.WaitAsync(null, run.Stop);
        run.Loggers.CreateLogger("host").LogInformation("Stopping");
        return ExitCode.Success;
    }

    /// <summary>What is to be started, and everything that is wrong with it.</summary>
    public static (HostOptions Host, NodeSourceOptions? Sources, ScrapeInOptions? ScrapeIn) Read(HostOptionTable options, ParseResult result, ProblemList problems)
    {
        var host = problems.Try(() => Agent(options, result));
        problems.Add(host?.Problems() ?? []);
        return (
            host ?? new(),
            problems.Try(() => SourceChoice.Read(result.GetValue(options.Sources)!, null, TimeSpan.FromMilliseconds(100), result.GetValue(options.MaxPods))),
            problems.Try(() => ScrapeInChoice.Read(options.ScrapeIn, result)));
    }

    private static HostOptions Agent(HostOptionTable options, ParseResult result) => new()
    {
        SocketPath = result.GetValue(options.Socket),
        RestAddress = Address(result.GetValue(options.Host)),
        RestPort = result.GetValue(options.Port),
        TokenFile = result.GetValue(options.TokenFile),
        Certificate = result.GetValue(options.Certificate),
        CertificateKey = result.GetValue(options.CertificateKey),
        Collectors = [.. (result.GetValue(options.Collectors) ?? []).Select(Network)],
        ShmGroup = result.GetValue(options.ShmGroup) is { } group ? Groups.Find(group) : null,
        MaxPods = result.GetValue(options.MaxPods),
        PoolBytes = result.GetValue(options.PoolSize),
        PoolName = result.GetValue(options.PoolName) ?? "microview",
        PageSize = (int)result.GetValue(options.PageSize),
        RdmaRegionSize = result.GetValue(options.RegionSize),
        RdmaQueues = result.GetValue(options.Queues),
        RdmaDevice = result.GetValue(options.Device),
        RdmaGid = result.GetValue(options.Gid),
        RdmaPort = result.GetValue(options.IbPort),
    };

    private static IPNetwork Network(string text) =>
        IPNetwork.TryParse(text, out var network) ? network : IPAddress.Parse(text) is var address ? new(address, address.GetAddressBytes().Length * 8) : default;

    private static IPAddress Address(string? host)
    {
        if (host is null or "localhost")
            return IPAddress.Loopback;
        if (host == "*")
            return IPAddress.Any;
        return IPAddress.TryParse(host, out var address)
            ? address
            : throw new UserException($"--host: '{host}' is not an IP address of this machine, such as 127.0.0.1 or 0.0.0.0", ExitCode.Usage);
    }
}

using System.CommandLine;

namespace MicroView.Cli;

/// <summary>The options of scrape-in, of `up` and `host` alike.</summary>
internal sealed class ScrapeInOptionTable
{
    public Option<string[]> Targets { get; } = new("--scrape")
    {
        Description = "Make a pod of a Prometheus endpoint: URL or SERVICE=URL, or a file of Prometheus' file_sd (.json, .yml, .yaml; * and ? for several); repeatable [default: none]",
        HelpName = "URL|FILE",
        DefaultValueFactory = _ => [],
    };

    public Option<double> Interval { get; } = Kinds.Seconds("--scrape-in-interval", "How often each endpoint of --scrape is asked, at least 0.1; seconds", 1);

    public Option<int> MaxSeries { get; } = Kinds.Count("--scrape-in-max-series", "N", "Slots of one endpoint's pod; what is beyond is dropped and counted", 10_000, 1, 65_536);

    public Option<string?> ServiceLabels { get; } = Kinds.Text("--scrape-in-service-label", "NAME,...", "Labels of file_sd that name a target's service, the first that is there [default: service,job]");

    public Option<string?> TokenFile { get; } = Kinds.Text("--scrape-in-token-file", "FILE", "File with the bearer token that endpoints of --scrape are sent");

    public Option<string?> BasicAuthFile { get; } = Kinds.Text("--scrape-in-basic-auth-file", "FILE", "File with the user:password that they are sent");

    public Option<string?> CaFile { get; } = Kinds.Text("--scrape-in-ca-file", "FILE", "Authorities (PEM) that https endpoints are checked against [default: the machine's]");

    public void AddTo(Command command)
    {
        Option[] table = [Targets, Interval, MaxSeries, ServiceLabels, TokenFile, BasicAuthFile, CaFile];
        foreach (var option in table)
            command.Add(option);
    }
}

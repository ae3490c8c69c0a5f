using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>Which Prometheus endpoints become pods, and how they are scraped. Immutable.</summary>
public sealed record ScrapeInOptions
{
    /// <summary>What is scraped, each a URL, SERVICE=URL, or a file_sd file: a path that ends in .json, .yml or .yaml, with * or ? in its last part for several.</summary>
    public IReadOnlyList<string> Targets { get; init; } = [];

    /// <summary>From one scrape of a target to the next; at least 100 ms.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Slots of one target's pod; series beyond are dropped and counted.</summary>
    public int MaxSeries { get; init; } = 10_000;

    /// <summary>Bytes of one target's body, uncompressed: what keeps an endless one from taking the agent's time.</summary>
    public long MaxBodyBytes { get; init; } = 16 << 20;

    /// <summary>Targets in all; more in files are passed over.</summary>
    public int MaxTargets { get; init; } = 1000;

    /// <summary>Labels of file_sd that name a target's service; the first that is there counts.</summary>
    public IReadOnlyList<string> ServiceLabels { get; init; } = ["service", "job"];

    /// <summary>File whose trimmed text is sent as bearer token; read again when it changes.</summary>
    public string? TokenFile { get; init; }

    /// <summary>File with user:password; read again when it changes.</summary>
    public string? BasicAuthFile { get; init; }

    /// <summary>PEM file of the authorities that https targets are checked against; null: the machine's.</summary>
    public string? CaFile { get; init; }

    /// <summary>How long a scrape may take: the interval, but between one and ten seconds.</summary>
    public TimeSpan Timeout => TimeSpan.FromSeconds(Math.Clamp(Interval.TotalSeconds, 1, 10));

    /// <summary>Null, or which option is wrong and what it may be.</summary>
    public string? Check()
    {
        foreach (var target in Targets)
            if (!IsFile(target) && ScrapeTarget.FromText(target, out var problem) is null)
                return $"--scrape: {problem}, nor a file of targets that ends in .json, .yml or .yaml";
        if (Interval < TimeSpan.FromMilliseconds(100) || Interval > TimeSpan.FromDays(1))
            return $"--scrape-in-interval: {Interval.TotalSeconds} s; use 100ms to 24h";
        if (MaxSeries is < 1 or > LayoutLimits.SlotsPerPod)
            return $"--scrape-in-max-series: {MaxSeries}; use 1 to {LayoutLimits.SlotsPerPod}";
        if (TokenFile is not null && BasicAuthFile is not null)
            return "--scrape-in-token-file and --scrape-in-basic-auth-file exclude each other";
        return CheckReadable("--scrape-in-token-file", TokenFile) ?? CheckReadable("--scrape-in-basic-auth-file", BasicAuthFile)
            ?? CheckReadable("--scrape-in-ca-file", CaFile) ?? CheckAuthorities();
    }

    /// <summary>Whether a --scrape option names files.</summary>
    internal static bool IsFile(string target) => !target.Contains("://", StringComparison.Ordinal)
        && (target.EndsWith(".json", StringComparison.OrdinalIgnoreCase) || target.EndsWith(".yml", StringComparison.OrdinalIgnoreCase)
            || target.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase));

    private static string? CheckReadable(string option, string? file)
    {
        try
        {
            if (file is not null)
                File.OpenRead(file).Dispose();
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return $"{option}: {error.Message}";
        }
    }

    private string? CheckAuthorities()
    {
        try
        {
            if (CaFile is not null)
                _ = ServerCertificate.ReadAuthorities(CaFile);
            return null;
        }
        catch (IOException error)
        {
            return $"--scrape-in-ca-file: {error.Message}";
        }
    }
}

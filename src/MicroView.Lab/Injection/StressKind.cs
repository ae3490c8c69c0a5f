namespace MicroView.Lab;

/// <summary>A kind of anomaly: what the artifact calls it, and how Debian's stress-ng makes it.</summary>
/// <param name="Name">Its name in files.</param>
/// <param name="Meaning">For people.</param>
/// <param name="Arguments">The arguments of stress-ng for it.</param>
internal sealed record StressKind(string Name, string Meaning, Func<StressSettings, string[]> Arguments)
{
    private static readonly Dictionary<string, string> Synonyms = new(StringComparer.OrdinalIgnoreCase)
    {
        ["mem-bw"] = "mem_bw", ["mem-capacity"] = "mem_capacity", ["memory"] = "mem_capacity", ["llc"] = "cache", ["disk"] = "io",
    };

    /// <summary>All, in the order of the artifact.</summary>
    public static readonly StressKind[] All =
    [
        new("cpu", "CPU time", settings => ["--cpu", Text(settings.Workers), "--cpu-load", Text(settings.Load)]),
        new("mem_capacity", "memory capacity", settings => ["--vm", Text(settings.Workers), "--vm-bytes", settings.Size ?? "256M"]),
        new("mem_bw", "memory bandwidth", settings => ["--stream", Text(settings.Workers)]),
        new("cache", "last-level cache", settings => ["--cache", Text(settings.Workers)]),
        new("io", "disk", settings => ["--hdd", Text(settings.Workers), "--hdd-bytes", settings.Size ?? "64M", "--hdd-opts", "wr-rnd,rd-rnd,fsync"]),
    ];

    /// <summary>The kind of a name, the artifact's spellings included; null if there is none.</summary>
    public static StressKind? Find(string name) => Array.Find(All, kind => kind.Name.Equals(Synonyms.GetValueOrDefault(name, name), StringComparison.OrdinalIgnoreCase));

    /// <summary>Its stress for so many seconds.</summary>
    public string[] Command(StressSettings settings, int seconds) => [.. Arguments(settings), "--timeout", $"{seconds}s"];

    private static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>How much of it.</summary>
/// <param name="Kind">What.</param>
/// <param name="Seconds">Its longest duration.</param>
/// <param name="LeastSeconds">Its shortest; the same when it is not random.</param>
/// <param name="Workers">Workers: ncpu or threads.</param>
/// <param name="Load">Percent of a CPU per worker.</param>
/// <param name="Size">Memory of a worker, or size of its file, as 256M; null for the usual one.</param>
internal sealed record StressSettings(StressKind Kind, int Seconds, int LeastSeconds, int Workers, int Load, string? Size);

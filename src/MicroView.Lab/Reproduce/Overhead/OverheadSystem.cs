using System.Text.RegularExpressions;

namespace MicroView.Lab;

/// <summary>A way to collect container metrics that is measured.</summary>
/// <param name="Name">Short, for files and legends.</param>
/// <param name="Title">For people.</param>
/// <param name="Package">Debian's package; null for ours, and for what Debian does not have.</param>
/// <param name="Program">Its program; null for ours.</param>
/// <param name="Told">How many containers a document of its endpoint tells of; null: it tells of the machine as a whole.</param>
/// <param name="Takes">Whether it can generate and be ingested at these intervals, in seconds.</param>
/// <param name="Start">Starts what generates, and what ingests where that is not Prometheus.</param>
internal sealed record OverheadSystem(string Name, string Title, string? Package, string? Program, Func<string, int>? Told, Func<double, double, bool> Takes, Func<OverheadSetting, StepContext, CancellationToken, Task<StartedSystem>> Start)
{
    public bool IsOurs => Program is null;

    /// <summary>Different matches of a pattern in a document.</summary>
    public static Func<string, int> Different(string pattern) => document => Regex.Matches(document, pattern).Select(match => match.Value).Distinct().Count();
}

/// <summary>What a step measures.</summary>
/// <param name="Containers">How many there are.</param>
/// <param name="Generation">Seconds between values.</param>
/// <param name="Ingestion">Seconds between collections.</param>
/// <param name="CgroupVersion">Of the containers' cgroups; 0: they have none.</param>
/// <param name="WarmUp">Seconds before the measurement.</param>
/// <param name="Seconds">Seconds of it.</param>
internal sealed record OverheadSetting(int Containers, double Generation, double Ingestion, int CgroupVersion, double WarmUp, double Seconds);

/// <summary>A system that runs.</summary>
/// <param name="Generators">What generates.</param>
/// <param name="Ingesters">What ingests; Prometheus comes to it.</param>
/// <param name="Port">Port of its endpoint on this machine.</param>
/// <param name="Path">Path of the endpoint.</param>
/// <param name="Query">What stands behind it, without a question mark; null: nothing.</param>
/// <param name="Scraped">Whether Prometheus ingests it; else its own collector does, and the endpoint serves to count its series.</param>
internal sealed record StartedSystem(IReadOnlyList<GroupProcess> Generators, IReadOnlyList<GroupProcess> Ingesters, int Port, string Path = "/metrics", string? Query = null, bool Scraped = true)
{
    public Uri Address => new($"http://127.0.0.1:{Port}{Path}{(Query is null ? "" : $"?{Query}")}");
}

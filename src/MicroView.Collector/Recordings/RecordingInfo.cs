namespace MicroView.Collector;

/// <summary>What a recording says of its run, before it is replayed.</summary>
/// <param name="ScrapeInterval">From one scrape to the next.</param>
/// <param name="Tick">How often a row was classified.</param>
/// <param name="Lmaps">LMAPs that read.</param>
public sealed record RecordingInfo(TimeSpan ScrapeInterval, TimeSpan Tick, int Lmaps)
{
    /// <summary>Reads a recording's header.</summary>
    /// <exception cref="CollectorStartException">The file is no recording that could be replayed: one line.</exception>
    public static RecordingInfo Read(string path)
    {
        using var reader = Open(path);
        return Of(reader.Header);
    }

    internal static RecordingInfo Of(RecordingHeader header) => new(TimeSpan.FromTicks(header.IntervalNs / 100), TimeSpan.FromTicks(header.TickNs / 100), header.Lmaps);

    internal static RecordingReader Open(string path)
    {
        try
        {
            return RecordingReader.Open(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CollectorStartException($"--recording: {error.Message.TrimEnd('.')}", error);
        }
    }
}

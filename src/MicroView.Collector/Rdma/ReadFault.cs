namespace MicroView.Collector;

/// <summary>
/// The back-off of a pod whose READ the agent's machine refused: it is not read again for 1 s, doubling to 30 s, since each refusal costs the
/// connection and so every other pod a scrape. New regions begin with none. For the LMAP's thread.
/// </summary>
internal sealed class ReadFault
{
    private const long First = 1_000_000_000, Longest = 30_000_000_000;
    private long _pauseNs;

    /// <summary>True after a refusal, until a READ succeeds.</summary>
    public bool IsSet => _pauseNs != 0;

    /// <summary>When it may be read again.</summary>
    public long RetryNs { get; private set; } = long.MinValue;

    public void Set(long nowNs)
    {
        _pauseNs = _pauseNs == 0 ? First : Math.Min(_pauseNs * 2, Longest);
        RetryNs = nowNs + _pauseNs;
    }

    public void Clear() => (_pauseNs, RetryNs) = (0, long.MinValue);
}

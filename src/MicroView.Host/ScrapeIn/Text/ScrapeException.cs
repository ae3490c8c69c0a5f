namespace MicroView.Host;

/// <summary>Why a scrape gave no row; each is one value of the label `reason`.</summary>
internal enum ScrapeFailure
{
    /// <summary>No connection, or it broke.</summary>
    Connect,

    /// <summary>The answer was not complete in time.</summary>
    Timeout,

    /// <summary>No TLS, or a certificate that is not trusted.</summary>
    Tls,

    /// <summary>A token or password file that cannot be read.</summary>
    Credentials,

    /// <summary>An HTTP status other than 200.</summary>
    Status,

    /// <summary>Neither text 0.0.4 nor OpenMetrics.</summary>
    ContentType,

    /// <summary>A compression that is not understood, or damaged.</summary>
    Encoding,

    /// <summary>A body, or a line, beyond the limit.</summary>
    TooLarge,

    /// <summary>A line that is not of the format.</summary>
    Syntax,

    /// <summary>A body that ends too early.</summary>
    Truncated,

    /// <summary>The agent has no room for the pod.</summary>
    Refused,

    /// <summary>Anything else: a defect.</summary>
    Defect,
}

/// <summary>A scrape that gives no row; the message is one line for people, without the target.</summary>
internal sealed class ScrapeException(ScrapeFailure reason, string problem, Exception? inner = null) : Exception(problem, inner)
{
    internal ScrapeFailure Reason => reason;
}

/// <summary>Why a sample of a good scrape is not in the row; each is one value of the label `reason`.</summary>
internal enum DroppedSample
{
    /// <summary>Beyond the limit of series of a target.</summary>
    Limit,

    /// <summary>The same series twice in one scrape.</summary>
    Duplicate,

    /// <summary>Its own timestamp is older than five minutes, or as far ahead.</summary>
    Stale,

    /// <summary>A name, label or histogram that a page does not take.</summary>
    Invalid,
}

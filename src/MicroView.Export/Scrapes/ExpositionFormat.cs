namespace MicroView.Export;

/// <summary>A text format that a scrape can be answered in.</summary>
public enum ExpositionFormat : byte
{
    /// <summary>Prometheus text 0.0.4: for whoever asks for nothing in particular.</summary>
    PrometheusText,

    /// <summary>OpenMetrics 1.0.</summary>
    OpenMetrics,
}

/// <summary>Which format a request is answered in, and whether compressed: RFC 9110, sections 12.4.2, 12.5.1 and 12.5.3. Pure.</summary>
/// <param name="Format">The format.</param>
/// <param name="IsCompressed">With gzip.</param>
public readonly record struct ScrapeChoice(ExpositionFormat Format, bool IsCompressed)
{
    private static readonly MediaKind s_text = new("text", "plain", "0.0.4");
    private static readonly MediaKind s_openMetrics = new("application", "openmetrics-text", "1.0.0");
    private static readonly MediaKind s_json = new("application", "json", null);

    /// <summary>
    /// Chooses. The higher quality wins; of two that are equal the one that is named first, and text 0.0.4 where neither is. Nothing acceptable, or a header that means nothing:
    /// text 0.0.4, as Prometheus' protocol wants it; a scrape is never refused with 406.
    /// </summary>
    /// <param name="accept">The Accept header; several are joined by commas.</param>
    /// <param name="acceptEncoding">The Accept-Encoding header.</param>
    public static ScrapeChoice Of(string? accept, string? acceptEncoding)
    {
        var header = AcceptHeader.Parse(accept);
        var (text, openMetrics) = (header.Judge(s_text), header.Judge(s_openMetrics));
        var format = openMetrics.Quality > 0 && openMetrics.IsBetterThan(text) ? ExpositionFormat.OpenMetrics : ExpositionFormat.PrometheusText;
        return new(format, AcceptHeader.WantsGzip(acceptEncoding));
    }

    /// <summary>
    /// True when a request names one of the formats and wants it no less than JSON: for a path that has both. A wildcard names none.
    /// </summary>
    public static bool IsAskedFor(string? accept)
    {
        var header = AcceptHeader.Parse(accept);
        var json = header.Judge(s_json);
        return IsWanted(header.Judge(s_text)) || IsWanted(header.Judge(s_openMetrics));

        bool IsWanted(MediaVerdict verdict) => verdict.IsNamed && verdict.Quality > 0 && !(json.IsNamed && json.IsBetterThan(verdict));
    }
}

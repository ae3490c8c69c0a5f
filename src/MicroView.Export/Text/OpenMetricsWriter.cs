namespace MicroView.Export;

/// <summary>OpenMetrics 1.0 text (docs/exposition.md says what of it).</summary>
/// <inheritdoc/>
public sealed class OpenMetricsWriter(ExpositionDocument document) : ExpositionWriter(document, new OpenMetricsSyntax())
{
    /// <summary>Value of the Content-Type header.</summary>
    public const string ContentType = "application/openmetrics-text; version=1.0.0; charset=utf-8";
}

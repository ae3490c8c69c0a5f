namespace MicroView.Export;

/// <summary>Prometheus text 0.0.4 (github.com/prometheus/docs, exposition_formats.md).</summary>
/// <inheritdoc/>
public sealed class PrometheusTextWriter(ExpositionDocument document) : ExpositionWriter(document, new PrometheusSyntax())
{
    /// <summary>Value of the Content-Type header.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";
}

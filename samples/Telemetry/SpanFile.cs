using System.Diagnostics;
using System.Globalization;
using OpenTelemetry;

namespace Telemetry;

/// <summary>
/// A line per server span that was kept: time, trace, service, root or child, milliseconds, tracestate, operation, 1 if it failed, and whether MicroView's sampler would have kept the trace
/// (<see cref="MarkingSampler"/>; empty where nobody was asked). Each line is written at once, so that a killed service loses none.
/// </summary>
/// <param name="service">Whose spans they are.</param>
/// <param name="path">The file, replaced; null for none.</param>
public sealed class SpanFile(string service, string? path) : BaseExporter<Activity>
{
    private readonly StreamWriter? _file = path is null ? null : new StreamWriter(path) { AutoFlush = true };

    public override ExportResult Export(in Batch<Activity> batch)
    {
        foreach (var span in batch)
            if (span.Kind == ActivityKind.Server)
                _file?.WriteLine(Line(span));
        return ExportResult.Success;
    }

    private string Line(Activity span) => string.Create(CultureInfo.InvariantCulture,
        $"{span.StartTimeUtc:O},{span.TraceId},{service},{(span.ParentId is null ? "root" : "child")},{span.Duration.TotalMilliseconds:F3},{span.TraceStateString?.Replace(',', ';')},"
        + $"{(span.GetTagItem(RequestOutcome.Operation) as string ?? span.DisplayName).Replace(',', ';')},{(span.Status == ActivityStatusCode.Error ? 1 : 0)},{span.GetTagItem(MarkingSampler.Kept) switch { true => "1", false => "0", _ => "" }}");

    protected override void Dispose(bool disposing)
    {
        _file?.Dispose();
        base.Dispose(disposing);
    }
}

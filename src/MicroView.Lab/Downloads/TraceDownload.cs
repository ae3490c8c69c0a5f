namespace MicroView.Lab;

/// <summary>Downloads traces into the artifact's columns: traces.csv.</summary>
internal static class TraceDownload
{
    public const string FileName = "traces.csv";

    public static async Task Execute(DownloadRequest request, TextWriter output, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(output);
        using var client = new JaegerClient(request.Jaeger!, request.Pause, request.TraceLimit);
        var span = request.Span();
        var services = await client.Services(stop).ConfigureAwait(false);
        if (services.Length == 0)
            throw new LabException($"{request.Jaeger}: knows no service");
        var found = LabProgress.Run($"traces of {services.Length} services", services.Length, progress => Read(client, services, span, progress, stop).GetAwaiter().GetResult());
        if (found.Count == 0)
            throw new LabException($"{request.Jaeger}: has no trace from {CsvTime.Format(span.StartMs * 1_000_000)} to {CsvTime.Format(span.EndMs * 1_000_000)}");
        Write(Path.Combine(request.Out, FileName), found.Values.OrderBy(trace => trace.StartNs).ThenBy(trace => trace.Id, StringComparer.Ordinal));
        output.WriteLine($"{found.Count} traces of {services.Length} services");
        if (client.CutShort > 0)
            output.WriteLine($"warning: in {client.CutShort} seconds there were more than {request.TraceLimit} traces of a service, and some are missing; use a larger --trace-limit");
    }

    private static async Task<Dictionary<string, Trace>> Read(JaegerClient client, string[] services, TimeGrid span, LabProgress progress, CancellationToken stop)
    {
        var found = new Dictionary<string, Trace>(StringComparer.Ordinal);
        foreach (var service in services)
        {
            await client.Read(service, span.StartMs * 1000, span.EndMs * 1000 + 1, found, stop).ConfigureAwait(false);
            progress.Add();
        }
        return found;
    }

    private static void Write(string file, IEnumerable<Trace> traces) => ResultFile.Write(file, text =>
    {
        text.WriteRow("traceID", "duration-ms", "startTime", "endTime", "rpcErrors", "operation", "processes");
        foreach (var trace in traces)
            text.WriteRow(trace.Id, trace.Milliseconds, trace.StartNs / 1000, trace.EndNs / 1000, trace.Errors, trace.Operation, string.Join(";", trace.Services));
    });
}

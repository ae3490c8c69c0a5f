using System.Diagnostics;
using MicroView.Client;
using MicroView.OpenTelemetry;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace Shop;

/// <summary>One of the three services: answers orders, after asking the next one. A POST to /fault makes it slow.</summary>
internal static class ShopService
{
    public static async Task RunAsync(string name, Dictionary<string, string> options)
    {
        // Mirrors the runtime's and ASP.NET Core's instruments, and gives the sampler its control word.
        Environment.SetEnvironmentVariable("MICROVIEW_POD", $"{name}-1");
        Environment.SetEnvironmentVariable("MICROVIEW_SERVICE", name);
        MicroViewClient.Start();

        var builder = WebApplication.CreateSlimBuilder(["--urls", options["urls"]]);
        builder.Logging.ClearProviders();
        var app = builder.Build();
        using var traces = Sdk.CreateTracerProviderBuilder()
            .AddSource("Microsoft.AspNetCore", "System.Net.Http")
            .AddMicroViewSampler()
            .AddProcessor(new SimpleActivityExportProcessor(new SpanFile(name, options.GetValueOrDefault("traces"))))
            .Build();

        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        var next = options.GetValueOrDefault("next");
        var delay = 0;
        app.MapGet("/orders/{id:int}", async (int id) =>
        {
            Work(TimeSpan.FromMilliseconds(0.2));
            if (Volatile.Read(ref delay) is > 0 and var slow)
                await Task.Delay(slow);
            return next is null ? $"{name} {id}" : $"{name} > {await client.GetStringAsync($"{next}/orders/{id}")}";
        });
        app.MapPost("/fault", (int milliseconds) =>
        {
            Volatile.Write(ref delay, Math.Clamp(milliseconds, 0, 5000));
            return milliseconds > 0 ? $"{name} is {milliseconds} ms slower now" : $"{name} is well";
        });
        await app.RunAsync();
    }

    private static void Work(TimeSpan time)
    {
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < time)
            Thread.SpinWait(20);
    }
}

/// <summary>A line per span that was kept: time, trace, service, whether it is the trace's root.</summary>
internal sealed class SpanFile(string service, string? path) : BaseExporter<Activity>
{
    private readonly StreamWriter? _file = path is null ? null : new StreamWriter(path) { AutoFlush = true };

    public override ExportResult Export(in Batch<Activity> batch)
    {
        foreach (var span in batch)
            if (span.Kind == ActivityKind.Server)
                _file?.WriteLine($"{span.StartTimeUtc:O},{span.TraceId},{service},{(span.ParentId is null ? "root" : "child")},{span.Duration.TotalMilliseconds:F3},{span.TraceStateString}");
        return ExportResult.Success;
    }

    protected override void Dispose(bool disposing)
    {
        _file?.Dispose();
        base.Dispose(disposing);
    }
}

using MicroView.Client;
using MicroView.OpenTelemetry;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace Telemetry;

/// <summary>What makes an ASP.NET Core service one that MicroView watches: its instruments are mirrored, its traces sampled by the control word and written to a file.</summary>
public static class ServiceTelemetry
{
    /// <summary>Mirrors the runtime's and ASP.NET Core's instruments as pod <paramref name="service"/>-1. To be called first.</summary>
    public static void Start(string service)
    {
        Environment.SetEnvironmentVariable("MICROVIEW_POD", $"{service}-1");
        Environment.SetEnvironmentVariable("MICROVIEW_SERVICE", service);
        MicroViewClient.Start();
    }

    /// <summary>Traces of the service; to be disposed at its end.</summary>
    /// <param name="service">Its name.</param>
    /// <param name="file">Where its spans go; null for nowhere.</param>
    /// <param name="all">Whether every trace is kept, and marked with what the sampler says (<see cref="MarkingSampler"/>).</param>
    public static TracerProvider Trace(string service, string? file, bool all = false)
    {
        var builder = Sdk.CreateTracerProviderBuilder().AddSource("Microsoft.AspNetCore", "System.Net.Http");
        return (all ? builder.SetSampler(new MarkingSampler()) : builder.AddMicroViewSampler())
            .AddProcessor(new SimpleActivityExportProcessor(new SpanFile(service, file)))
            .Build();
    }
}

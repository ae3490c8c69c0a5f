using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace MicroView.Collector;

/// <summary>
/// Jaeger's remote sampling over HTTP, for applications in languages without a client of ours: `GET /sampling?service=NAME`. The strategy's type is a word, as protobuf's JSON has it:
/// OpenTelemetry's JavaScript and Rust clients take nothing else, and its Go client takes both. Source: jaeger-idl, sampling.proto.
/// </summary>
internal sealed class JaegerEndpoint(ApplicationWatch watch)
{
    public const string Path = "/sampling";
    private long _requests;

    /// <summary>Rates that were asked for.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    public Task<ActionServer> StartAsync(ActionPlace place, AccessGate gate, CancellationToken cancellation) =>
        ActionServer.StartAsync(place, gate, "--jaeger-port", HttpProtocols.Http1, _ => { }, application => application.Run(AnswerAsync), cancellation);

    /// <summary>A service's rate: the largest of its pods' applications, or of the application that has its name; the base rate where nobody knows it.</summary>
    public static double RateOf(ApplicationsView view, string service)
    {
        var rate = view.Rates.Of(service);
        foreach (var pod in view.Pods)
            if (pod.Names.Service == service)
                rate = Math.Max(rate, view.Rates.Of(pod.Applications));
        return rate;
    }

    private Task AnswerAsync(HttpContext context)
    {
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.Headers.Allow = "GET";
            return TellAsync(context, StatusCodes.Status405MethodNotAllowed, "sampling rates are read with GET");
        }
        if (context.Request.Path.Value is not Path)
            return TellAsync(context, StatusCodes.Status404NotFound, $"nothing here; sampling rates are at {Path}?service=NAME");
        if (context.Request.Query["service"] is not [{ Length: > 0 } service])
            return TellAsync(context, StatusCodes.Status400BadRequest, $"say whose rate: {Path}?service=NAME");
        Interlocked.Increment(ref _requests);
        var answer = JsonSerializer.SerializeToUtf8Bytes(new SamplingStrategy("PROBABILISTIC", new(RateOf(watch.View, service))), SamplingJson.Default.SamplingStrategy);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = answer.Length;
        return context.Response.Body.WriteAsync(answer, context.RequestAborted).AsTask();
    }

    private static Task TellAsync(HttpContext context, int status, string text)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }
}

internal sealed record SamplingStrategy(string StrategyType, ProbabilisticSampling ProbabilisticSampling);

/// <summary>Sampling of a share of all traces.</summary>
/// <param name="SamplingRate">Probability, 0…1.</param>
internal sealed record ProbabilisticSampling(double SamplingRate);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SamplingStrategy))]
internal sealed partial class SamplingJson : JsonSerializerContext;

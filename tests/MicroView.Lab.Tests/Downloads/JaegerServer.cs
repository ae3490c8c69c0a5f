using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;

namespace MicroView.Lab.Tests;

/// <summary>
/// Answers as Jaeger's query service does, from traces in its own format: /api/services, and /api/traces by service, time and limit.
/// </summary>
internal sealed class JaegerServer : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly JsonArray _traces;

    public JaegerServer(string json)
    {
        _traces = JsonNode.Parse(json)!["data"]!.AsArray();
        Url = $"http://127.0.0.1:{PrometheusServer.FreePort()}";
        _listener.Prefixes.Add(Url + "/");
        _listener.Start();
        _ = ServeAsync();
    }

    public string Url { get; }

    /// <summary>What was asked, and by whom.</summary>
    public ConcurrentQueue<(string Path, string Agent)> Asked { get; } = new();

    public void Dispose() => _listener.Close();

    private async Task ServeAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await _listener.GetContextAsync();
            }
            catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
            Asked.Enqueue((context.Request.RawUrl!, context.Request.UserAgent ?? ""));
            var bytes = System.Text.Encoding.UTF8.GetBytes(Answer(context.Request).ToJsonString());
            context.Response.ContentType = "application/json";
            await context.Response.OutputStream.WriteAsync(bytes);
            context.Response.Close();
        }
    }

    private JsonObject Answer(HttpListenerRequest request)
    {
        if (request.Url!.AbsolutePath == "/api/services")
            return new JsonObject { ["data"] = new JsonArray([.. _traces.SelectMany(Services).Distinct().Select(name => JsonValue.Create(name))]), ["errors"] = null };
        var query = request.QueryString;
        var (from, until, limit) = (Number(query["start"]!), Number(query["end"]!), (int)Number(query["limit"]!));
        var found = _traces.Where(trace => Services(trace).Contains(query["service"]!) && Start(trace) >= from && Start(trace) <= until).Take(limit);
        return new JsonObject { ["data"] = new JsonArray([.. found.Select(trace => trace!.DeepClone())]), ["total"] = 0, ["limit"] = 0, ["errors"] = null };
    }

    private static IEnumerable<string> Services(JsonNode? trace) => trace!["processes"]!.AsObject().Select(process => process.Value!["serviceName"]!.GetValue<string>());

    private static long Start(JsonNode? trace) => trace!["spans"]!.AsArray().Min(span => span!["startTime"]!.GetValue<long>());

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}

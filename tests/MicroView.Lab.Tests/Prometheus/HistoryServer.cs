using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Web;

namespace MicroView.Lab.Tests;

/// <summary>
/// Answers what `backtest` asks a Prometheus, from gauges that it makes up: for tests of what happens on the way, which no real server does on demand.
/// </summary>
internal sealed partial class HistoryServer : IDisposable
{
    public const int Metrics = 6, Step = 15, Hours = 6;
    public const long Start = 1_714_521_600; // 2024-05-01
    public const long End = Start + Hours * 3600;

    private const int FaultSeconds = 600, AlertDelay = 240;

    private readonly HttpListener _listener = new();

    public HistoryServer()
    {
        Url = $"http://127.0.0.1:{PrometheusServer.FreePort()}";
        _listener.Prefixes.Add(Url + "/");
        _listener.Start();
        _ = ServeAsync();
    }

    public string Url { get; }

    public IReadOnlyList<string> Services { get; init; } = ["cart", "front", "pay"];

    /// <summary>Service and start of what goes wrong for ten minutes; its alert fires four minutes into it.</summary>
    public IReadOnlyList<(string Service, long Start)> Faults { get; init; } = [("front", Start + 4 * 3600)];

    /// <summary>Answers instead, by the request and how many came before it; null: as a Prometheus would.</summary>
    public Func<HttpListenerRequest, int, (int Status, string Body)?> Instead { get; init; } = (_, _) => null;

    /// <summary>Paths that were asked for, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

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
            var before = Asked.Count;
            Asked.Enqueue(context.Request.Url!.AbsolutePath);
            using var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8);
            var form = HttpUtility.ParseQueryString(await reader.ReadToEndAsync());
            var (status, body) = Instead(context.Request, before) ?? (200, Answer(context.Request, form).ToJsonString());
            context.Response.StatusCode = status;
            await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body));
            context.Response.Close();
        }
    }

    private JsonObject Answer(HttpListenerRequest request, System.Collections.Specialized.NameValueCollection form) => request.Url!.AbsolutePath switch
    {
        "/api/v1/label/service/values" => Success(new JsonArray([.. Services.Select(service => JsonValue.Create(service))])),
        "/api/v1/series" => Success(new JsonArray([.. Enumerable.Range(0, Metrics).Select(metric => Labels(metric, ServiceOf(request.QueryString["match[]"]!)))])),
        "/api/v1/metadata" => Success(new JsonObject()),
        "/api/v1/query" => Matrix([Series(Labels(0, ServiceOf(form["query"]!)), Times(Seconds(form["time"]!) - 300, Seconds(form["time"]!), Step).Select(time => (time, 1.0)))]),
        "/api/v1/query_range" => Range(form["query"]!, [.. Times(Seconds(form["start"]!), Seconds(form["end"]!), Seconds(form["step"]!))]),
        _ => Success(new JsonArray()),
    };

    private JsonObject Range(string query, long[] times)
    {
        if (query.Contains("ALERTS", StringComparison.Ordinal))
            return Matrix([.. Faults.Select(fault => Series(new JsonObject { ["__name__"] = "ALERTS", ["alertname"] = "Slow", ["alertstate"] = "firing", ["service"] = fault.Service },
                times.Where(time => time >= fault.Start + AlertDelay && time < fault.Start + FaultSeconds).Select(time => (time, 1.0))))]);
        var service = ServiceOf(query);
        return Matrix([.. Enumerable.Range(0, Metrics).Select(metric => Series(Labels(metric, service), times.Select(time => (time, Value(service, metric, time)))))]);
    }

    private double Value(string service, int metric, long time)
    {
        // A common load, and a noise that depends on nothing but what is asked for.
        var load = 10 + 3 * Math.Sin(2 * Math.PI * time / 7200) + Math.Sin(time / 300.0);
        var value = load * (1 + metric) + 2 * new Random((int)(time / Step * 31 + metric * 7 + Services.Index().First(known => known.Item == service).Index)).NextDouble();
        return metric == 1 && Faults.Any(fault => fault.Service == service && time >= fault.Start && time < fault.Start + FaultSeconds) ? 4 * value : value;
    }

    private static JsonObject Labels(int metric, string service) => new() { ["__name__"] = $"level_{metric}", ["service"] = service, ["instance"] = "10.0.0.1:80" };

    private static JsonObject Success(JsonNode data) => new() { ["status"] = "success", ["data"] = data };

    private static JsonObject Matrix(JsonObject[] series) => Success(new JsonObject { ["resultType"] = "matrix", ["result"] = new JsonArray([.. series]) });

    private static JsonObject Series(JsonObject labels, IEnumerable<(long Time, double Value)> samples) => new()
    {
        ["metric"] = labels,
        ["values"] = new JsonArray([.. samples.Select(sample => new JsonArray(sample.Time, sample.Value.ToString("R", CultureInfo.InvariantCulture)))]),
    };

    private static IEnumerable<long> Times(long from, long until, long step)
    {
        for (var time = from; time <= until; time += step)
            yield return time;
    }

    private static string ServiceOf(string selector) => Service().Match(selector).Groups[1].Value.Replace("\\\"", "\"", StringComparison.Ordinal);

    private static long Seconds(string text) => (long)decimal.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex("""service="((?:[^"\\]|\\.)*)""")]
    private static partial Regex Service();
}

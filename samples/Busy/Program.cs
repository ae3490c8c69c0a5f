using System.Diagnostics;
using System.Security.Cryptography;
using Busy;

// busy --urls http://127.0.0.1:PORT --monitor none|microview|prometheus-net|opentelemetry
var options = args.Chunk(2).Where(pair => pair.Length == 2).ToDictionary(pair => pair[0].TrimStart('-'), pair => pair[1]);
if (!options.TryGetValue("urls", out var urls) || !ServiceMetrics.Choices.Contains(options.GetValueOrDefault("monitor", "none")))
{
    Console.Error.WriteLine($"busy --urls URL [--monitor {string.Join('|', ServiceMetrics.Choices)}]");
    return 2;
}
var builder = WebApplication.CreateSlimBuilder(["--urls", urls]);
builder.Logging.ClearProviders();
var metrics = ServiceMetrics.Create(options.GetValueOrDefault("monitor", "none"), builder.Services);
var app = builder.Build();
metrics.Map(app);
var document = new byte[16 << 10];
RandomNumberGenerator.Fill(document);
app.MapGet("/orders/{id:int}", (int id) =>
{
    var started = Stopwatch.GetTimestamp();
    Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
    SHA256.HashData(document, hash);
    metrics.Request(id, Stopwatch.GetElapsedTime(started).TotalSeconds);
    return Convert.ToHexString(hash[..4]);
});
app.MapGet("/ready", () => "ready");
await app.RunAsync();
return 0;

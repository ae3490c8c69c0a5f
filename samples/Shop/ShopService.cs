using System.Diagnostics;
using Telemetry;

namespace Shop;

/// <summary>One of the three services: answers orders, after asking the next one. A POST to /fault makes it slow.</summary>
internal static class ShopService
{
    public static async Task RunAsync(string name, Dictionary<string, string> options)
    {
        // Mirrors the runtime's and ASP.NET Core's instruments, and gives the sampler its control word.
        ServiceTelemetry.Start(name);

        var builder = WebApplication.CreateSlimBuilder(["--urls", options["urls"]]);
        builder.Logging.ClearProviders();
        var app = builder.Build();
        using var traces = ServiceTelemetry.Trace(name, options.GetValueOrDefault("traces"));

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

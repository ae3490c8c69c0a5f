using Telemetry;

namespace Hotel;

/// <summary>One of the eight services as a process: HTTP, MicroView's client and sampler, an end when its starter ends.</summary>
internal static class HotelService
{
    public static async Task RunAsync(ServiceOptions options)
    {
        ServiceTelemetry.Start(options.Name);
        var builder = WebApplication.CreateSlimBuilder(["--urls", options.Urls]);
        builder.Logging.ClearProviders();
        await using var app = builder.Build();
        using var traces = ServiceTelemetry.Trace(options.Name, options.Spans, options.AllTraces);
        app.UseRequestOutcome();
        await using var stores = new Stores(options);
        await MapAsync(app, options, stores);
        app.MapGet("/health", () => "ok");
        StopWithStarter(app);
        await app.RunAsync();
    }

    private static Task MapAsync(WebApplication app, ServiceOptions options, Stores stores) => options.Name switch
    {
        "frontend" => FrontendService.MapAsync(app, options),
        "search" => SearchService.MapAsync(app, options),
        "geo" => GeoService.MapAsync(app, stores),
        "rate" => RateService.MapAsync(app, stores),
        "profile" => ProfileService.MapAsync(app, stores),
        "recommendation" => RecommendationService.MapAsync(app, stores),
        "user" => UserService.MapAsync(app, stores),
        _ => ReservationService.MapAsync(app, stores),
    };

    /// <summary>A starter holds the other end of stdin. However it ends, killed included, this end is told.</summary>
    private static void StopWithStarter(WebApplication app)
    {
        if (!Console.IsInputRedirected)
            return;
        new Thread(() =>
        {
            using var input = Console.OpenStandardInput();
            var started = input.ReadByte() >= 0; // /dev/null ends at once: nobody holds it
            while (started && input.ReadByte() >= 0)
            {
            }
            if (started)
                app.Lifetime.StopApplication();
        }) { IsBackground = true, Name = "starter" }.Start();
    }
}

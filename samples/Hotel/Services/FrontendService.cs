using System.Globalization;

namespace Hotel;

/// <summary>What users see: search, recommendations, log-in and reservations, each by calls to the other services. Its handlers are named as in Blueprint's and in DeathStarBench's.</summary>
internal static class FrontendService
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    public static Task MapAsync(WebApplication app, ServiceOptions options)
    {
        var (search, recommendation, user, reservation, profile) = (options.Client("search", s_patience), options.Client("recommendation", s_patience),
            options.Client("user", s_patience), options.Client("reservation", s_patience), options.Client("profile", s_patience));

        foreach (var path in (string[])["/hotels", "/SearchHandler"])
            app.MapGet(path, async (string inDate, string outDate, double lat, double lon, string? customerName, string? locale) =>
            {
                var found = await search.GetFromJsonAsync<string[]>(Invariant($"/nearby?lat={lat}&lon={lon}&inDate={Uri.EscapeDataString(inDate)}&outDate={Uri.EscapeDataString(outDate)}"));
                var free = await AskAsync<string[]>(reservation, "/availability", new AvailabilityRequest(customerName ?? "", found!, inDate, outDate, 1));
                return await AskAsync<HotelProfile[]>(profile, "/profiles", new ProfilesRequest(free, locale ?? "en"));
            });
        foreach (var path in (string[])["/recommendations", "/RecommendHandler"])
            app.MapGet(path, async (double lat, double lon, string require, string? locale) =>
            {
                if (require is not ("dis" or "rate" or "price"))
                    return Results.BadRequest("require is dis, rate or price");
                var ids = await recommendation.GetFromJsonAsync<string[]>(Invariant($"/recommendations?require={require}&lat={lat}&lon={lon}"));
                return Results.Ok(await AskAsync<HotelProfile[]>(profile, "/profiles", new ProfilesRequest(ids!, locale ?? "en")));
            });
        foreach (var path in (string[])["/user", "/UserHandler"])
            app.MapMethods(path, ["GET", "POST"], async (string username, string password) =>
                await AskAsync<bool>(user, "/check", new UserRequest(username, password)) ? "Login successfully!" : "Failed. Please check your username and password.");
        foreach (var path in (string[])["/reservation", "/ReservationHandler"])
            app.MapMethods(path, ["GET", "POST"], async (string inDate, string outDate, string hotelId, string customerName, string username, string password, int? roomNumber) =>
            {
                if (!await AskAsync<bool>(user, "/check", new UserRequest(username, password)))
                    return "Failed. Please check your username and password.";
                var made = await AskAsync<bool>(reservation, "/reservations", new ReservationRequest(customerName, hotelId, inDate, outDate, roomNumber ?? 1));
                return made ? "Reserve successfully!" : "Failed. Already reserved.";
            });
        return Task.CompletedTask;
    }

    private static async Task<T> AskAsync<T>(HttpClient service, string path, object question)
    {
        using var answer = await service.PostAsJsonAsync(path, question);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<T>())!;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

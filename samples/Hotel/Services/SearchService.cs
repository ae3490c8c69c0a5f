using System.Globalization;

namespace Hotel;

/// <summary>Hotels nearby that have a rate for the nights asked for: geo, then rate.</summary>
internal static class SearchService
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);

    public static Task MapAsync(WebApplication app, ServiceOptions options)
    {
        var (geo, rate) = (options.Client("geo", s_patience), options.Client("rate", s_patience));
        app.MapGet("/nearby", async (double lat, double lon, string inDate, string outDate) =>
        {
            var near = await geo.GetFromJsonAsync<string[]>(string.Create(CultureInfo.InvariantCulture, $"/nearby?lat={lat}&lon={lon}"));
            using var answer = await rate.PostAsJsonAsync("/rates", new RatesRequest(near!, inDate, outDate));
            answer.EnsureSuccessStatusCode();
            var plans = await answer.Content.ReadFromJsonAsync<RatePlan[]>();
            return plans!.Select(plan => plan.HotelId).Distinct().ToArray();
        });
        return Task.CompletedTask;
    }
}

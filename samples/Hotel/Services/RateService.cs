using System.Text.Json;

namespace Hotel;

/// <summary>Rate plans of hotels, the dearest first: from the cache, else from the database and into the cache.</summary>
internal static class RateService
{
    public static Task MapAsync(WebApplication app, Stores stores)
    {
        app.MapPost("/rates", async (RatesRequest request) =>
        {
            var plans = await stores.CachedAsync("rate", request.HotelIds, async missing => await stores.QueryAsync(
                "select hotel_id, code, in_date, out_date, room_type, total from rates where hotel_id = any($1)",
                row => (row.GetString(0), JsonSerializer.Serialize(new RatePlan(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4), row.GetDouble(5)))), [missing]));
            return plans.Select(plan => JsonSerializer.Deserialize<RatePlan>(plan)!).OrderByDescending(plan => plan.Total).ToArray();
        });
        return Task.CompletedTask;
    }
}

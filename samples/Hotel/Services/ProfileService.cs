using System.Text.Json;

namespace Hotel;

/// <summary>Profiles of hotels: from the cache, else from the database and into the cache.</summary>
internal static class ProfileService
{
    public static Task MapAsync(WebApplication app, Stores stores)
    {
        app.MapPost("/profiles", async (ProfilesRequest request) =>
        {
            var profiles = await stores.CachedAsync("profile", request.HotelIds, async missing => await stores.QueryAsync(
                "select hotel_id, profile from profiles where hotel_id = any($1)", row => (row.GetString(0), row.GetString(1)), [missing]));
            return profiles.Select(profile => JsonSerializer.Deserialize<HotelProfile>(profile)!).ToArray();
        });
        return Task.CompletedTask;
    }
}

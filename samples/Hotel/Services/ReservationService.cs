using System.Globalization;

namespace Hotel;

/// <summary>Rooms: how many of a hotel are free in each night, and taking them. Counts per hotel and night are cached; reservations are in the database.</summary>
internal static class ReservationService
{
    public static Task MapAsync(WebApplication app, Stores stores)
    {
        app.MapPost("/availability", async (AvailabilityRequest request) =>
        {
            var free = new List<string>();
            foreach (var hotel in request.HotelIds)
                if (await IsFreeAsync(stores, hotel, Nights(request.InDate, request.OutDate), request.Rooms))
                    free.Add(hotel);
            return free;
        });
        app.MapPost("/reservations", async (ReservationRequest request) =>
        {
            var nights = Nights(request.InDate, request.OutDate);
            if (!await IsFreeAsync(stores, request.HotelId, nights, request.Rooms))
                return false;
            await stores.ExecuteAsync("insert into reservations (hotel_id, customer, night, rooms) select $1, $2, unnest($3), $4", request.HotelId, request.CustomerName, nights, request.Rooms);
            await stores.AddAsync(nights.Select(night => Key(request.HotelId, night)), request.Rooms);
            return true;
        });
        return Task.CompletedTask;
    }

    private static async Task<bool> IsFreeAsync(Stores stores, string hotel, string[] nights, int rooms)
    {
        var known = await stores.CachedAsync("capacity", [hotel], async missing => await stores.QueryAsync(
            "select hotel_id, rooms from capacities where hotel_id = any($1)", row => (row.GetString(0), row.GetInt32(1).ToString(CultureInfo.InvariantCulture)), [missing]));
        if (known is not [var capacity])
            return false;
        var taken = await stores.CachedAsync("taken", [.. nights.Select(night => $"{hotel}/{night}")], async missing =>
        {
            var counts = (await stores.QueryAsync("select night, sum(rooms) from reservations where hotel_id = $1 and night = any($2) group by night",
                row => (row.GetString(0), row.GetInt64(1)), [hotel, missing.Select(key => key[(key.IndexOf('/', StringComparison.Ordinal) + 1)..]).ToArray()])).ToDictionary();
            return [.. missing.Select(key => (key, counts.GetValueOrDefault(key[(key.IndexOf('/', StringComparison.Ordinal) + 1)..]).ToString(CultureInfo.InvariantCulture)))];
        });
        return taken.All(count => long.Parse(count, CultureInfo.InvariantCulture) + rooms <= int.Parse(capacity, CultureInfo.InvariantCulture));
    }

    private static string Key(string hotel, string night) => $"taken:{hotel}/{night}";

    private static string[] Nights(string inDate, string outDate)
    {
        var (from, to) = (DateOnly.Parse(inDate, CultureInfo.InvariantCulture), DateOnly.Parse(outDate, CultureInfo.InvariantCulture));
        return [.. Enumerable.Range(0, Math.Clamp(to.DayNumber - from.DayNumber, 0, 60)).Select(day => from.AddDays(day).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))];
    }
}

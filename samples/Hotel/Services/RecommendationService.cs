namespace Hotel;

/// <summary>The nearest, the best rated or the cheapest hotel. Read from the database at the start, as in DeathStarBench.</summary>
internal static class RecommendationService
{
    private sealed record Candidate(Point Place, double Rating, double Price);

    public static async Task MapAsync(WebApplication app, Stores stores)
    {
        var hotels = await stores.QueryAsync("select hotel_id, lat, lon, rating, price from recommendations",
            row => new Candidate(new Point(row.GetString(0), row.GetDouble(1), row.GetDouble(2)), row.GetDouble(3), row.GetDouble(4)));
        app.MapGet("/recommendations", (string require, double lat, double lon) =>
        {
            Func<Candidate, double> badness = require switch
            {
                "dis" => hotel => hotel.Place.KmTo(lat, lon),
                "rate" => hotel => -hotel.Rating,
                _ => hotel => hotel.Price,
            };
            var best = hotels.Min(badness);
            return hotels.Where(hotel => badness(hotel) == best).Select(hotel => hotel.Place.HotelId).ToArray();
        });
    }
}

namespace Hotel;

/// <summary>The five hotels nearest to a point, within 10 km. Points are read from the database at the start, as in DeathStarBench.</summary>
internal static class GeoService
{
    private const int Most = 5;
    private const double RadiusKm = 10;

    public static async Task MapAsync(WebApplication app, Stores stores)
    {
        var points = await stores.QueryAsync("select hotel_id, lat, lon from geo", row => new Point(row.GetString(0), row.GetDouble(1), row.GetDouble(2)));
        app.MapGet("/nearby", (double lat, double lon) => points.Select(point => (point.HotelId, Km: point.KmTo(lat, lon))).Where(point => point.Km <= RadiusKm)
            .OrderBy(point => point.Km).Take(Most).Select(point => point.HotelId).ToArray());
    }
}

/// <summary>Where a hotel is, degrees.</summary>
internal readonly record struct Point(string HotelId, double Lat, double Lon)
{
    private const double EarthKm = 6371;

    /// <summary>Great-circle distance.</summary>
    public double KmTo(double lat, double lon)
    {
        var (a, b) = (double.DegreesToRadians(Lat), double.DegreesToRadians(lat));
        var half = Math.Pow(Math.Sin((b - a) / 2), 2) + Math.Cos(a) * Math.Cos(b) * Math.Pow(Math.Sin(double.DegreesToRadians(lon - Lon) / 2), 2);
        return 2 * EarthKm * Math.Asin(Math.Min(1, Math.Sqrt(half)));
    }
}

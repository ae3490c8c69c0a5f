using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Npgsql;

namespace Hotel;

/// <summary>What the database begins with, in DeathStarBench's numbers: 80 hotels around San Francisco, 501 users. The same each time.</summary>
internal static class HotelData
{
    private const int Hotels = 80, Users = 501;

    private const string Tables = """
        create table geo (hotel_id text primary key, lat double precision, lon double precision);
        create table rates (hotel_id text, code text, in_date text, out_date text, room_type text, total double precision);
        create index on rates (hotel_id);
        create table profiles (hotel_id text primary key, profile text);
        create table recommendations (hotel_id text primary key, lat double precision, lon double precision, rating double precision, price double precision);
        create table users (username text primary key, password_sha256 text);
        create table capacities (hotel_id text primary key, rooms integer);
        create table reservations (id bigint generated always as identity primary key, hotel_id text, customer text, night text, rooms integer);
        create index on reservations (hotel_id, night);
        """;

    public static string Hash(string password) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(password)));

    public static async Task WriteAsync(string database, CancellationToken stop)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await ExecuteAsync(source, Tables, stop);
        for (var i = 1; i <= Hotels; i++)
            await WriteHotelAsync(source, i, stop);
        for (var i = 0; i < Users; i++)
            await ExecuteAsync(source, "insert into users values ($1, $2)", stop, $"Cornell_{i}", Hash(string.Concat(Enumerable.Repeat(i.ToString(CultureInfo.InvariantCulture), 10))));
    }

    private static async Task WriteHotelAsync(NpgsqlDataSource source, int number, CancellationToken stop)
    {
        var id = number.ToString(CultureInfo.InvariantCulture);
        var (lat, lon) = number <= 6 ? (37.7867 + number * 0.002, -122.4112 + number * 0.003) : (37.7835 + number / 500.0 * 3, -122.41 + number / 500.0 * 4);
        var price = number % 3 == 0 ? 109.0 + number % 5 * 20 : 123.17 + number % 4 * 16;
        await ExecuteAsync(source, "insert into geo values ($1, $2, $3)", stop, id, lat, lon);
        await ExecuteAsync(source, "insert into rates values ($1, 'RACK', '2015-04-09', '2015-04-24', 'KNG', $2)", stop, id, price);
        await ExecuteAsync(source, "insert into recommendations values ($1, $2, $3, $4, $5)", stop, id, lat, lon, 80.0 + number % 19, price);
        await ExecuteAsync(source, "insert into capacities values ($1, $2)", stop, id, 200 + number % 3 * 50);
        var profile = new HotelProfile(id, $"St. Regis San Francisco {id}", $"(415) 284-40{id}", string.Concat(Enumerable.Repeat("A museum tower of glass near the bay, with a spa and a bar. ", 8)), $"{id} 3rd St, San Francisco, CA 94103", lat, lon);
        await ExecuteAsync(source, "insert into profiles values ($1, $2)", stop, id, JsonSerializer.Serialize(profile));
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql, CancellationToken stop, params object[] parameters)
    {
        await using var command = source.CreateCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        await command.ExecuteNonQueryAsync(stop);
    }
}

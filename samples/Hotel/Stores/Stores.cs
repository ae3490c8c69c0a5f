using Npgsql;
using StackExchange.Redis;

namespace Hotel;

/// <summary>A service's cache and database, connected when first used. Thread-safe.</summary>
internal sealed class Stores(ServiceOptions options) : IAsyncDisposable
{
    // Entries end, so that the database goes on being asked.
    private static readonly TimeSpan s_life = TimeSpan.FromSeconds(30);

    private readonly Lazy<NpgsqlDataSource> _database = new(() => new NpgsqlDataSourceBuilder(options.Database) { Name = "database" }.Build());
    private readonly Lazy<Task<ConnectionMultiplexer>> _cache = new(() => ConnectionMultiplexer.ConnectAsync(CachePlace.Options(options.Cache)));

    /// <summary>Rows of a query; parameters are $1, $2, ….</summary>
    public async Task<List<T>> QueryAsync<T>(string sql, Func<NpgsqlDataReader, T> read, object[]? parameters = null)
    {
        await using var command = Command(sql, parameters ?? []);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync())
            rows.Add(read(reader));
        return rows;
    }

    public async Task ExecuteAsync(string sql, params object[] parameters)
    {
        await using var command = Command(sql, parameters);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Values of keys of a kind, in any order, without those that nobody has: what the cache lacks is loaded and put there.</summary>
    public async Task<IReadOnlyList<string>> CachedAsync(string kind, string[] keys, Func<string[], Task<List<(string Key, string Value)>>> load)
    {
        if (keys.Length == 0)
            return [];
        var cache = (await _cache.Value).GetDatabase();
        var found = await cache.StringGetAsync([.. keys.Select(key => (RedisKey)$"{kind}:{key}")]);
        List<string> values = [.. found.Where(value => value.HasValue).Select(value => value.ToString())];
        string[] missing = [.. keys.Where((_, index) => !found[index].HasValue).Distinct()];
        if (missing.Length == 0)
            return values;
        var loaded = await load(missing);
        await Task.WhenAll(loaded.Select(entry => cache.StringSetAsync($"{kind}:{entry.Key}", entry.Value, s_life)));
        return [.. values, .. loaded.Select(entry => entry.Value)];
    }

    /// <summary>Adds to counters that the cache has. One that it lacks is counted by the database when it is asked for.</summary>
    public async Task AddAsync(IEnumerable<string> keys, int number)
    {
        var cache = (await _cache.Value).GetDatabase();
        foreach (var key in keys)
            if (await cache.KeyExistsAsync(key))
                await cache.StringIncrementAsync(key, number);
    }

    public async ValueTask DisposeAsync()
    {
        if (_database.IsValueCreated)
            await _database.Value.DisposeAsync();
        if (_cache.IsValueCreated)
            await (await _cache.Value).DisposeAsync();
    }

    private NpgsqlCommand Command(string sql, object[] parameters)
    {
        var command = _database.Value.CreateCommand(sql);
        foreach (var parameter in parameters)
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        return command;
    }
}

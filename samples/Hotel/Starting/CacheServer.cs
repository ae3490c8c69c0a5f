namespace Hotel;

/// <summary>A redis of our own as the cache: no file, 16 MiB, the least recently used goes; reachable by a Unix socket alone.</summary>
internal static class CacheServer
{
    private static readonly string[] s_places = ["/usr/bin/redis-server", "/usr/local/bin/redis-server"];

    /// <exception cref="HotelException">There is none.</exception>
    public static GuardedProcess Start(string folder, string log)
    {
        var program = s_places.FirstOrDefault(File.Exists) ?? throw new HotelException("there is no redis-server: apt-get install redis-server");
        return GuardedProcess.StartGuarded("cache", log, [program, "--port", "0", "--unixsocket", Place(folder), "--unixsocketperm", "700", "--save", "", "--appendonly", "no",
            "--maxmemory", "16mb", "--maxmemory-policy", "allkeys-lru", "--dir", folder]);
    }

    public static string Place(string folder) => Path.Combine(folder, "cache.sock");
}

namespace Hotel;

/// <summary>How one service is started.</summary>
internal sealed record ServiceOptions(string Name, string Urls, string Database, string Cache, IReadOnlyDictionary<string, Uri> Peers, string? Spans, bool AllTraces)
{
    public static readonly string[] Names = ["frontend", "search", "geo", "rate", "profile", "recommendation", "user", "reservation"];

    public static ServiceOptions From(Dictionary<string, string> words)
    {
        var name = Required(words, "service");
        if (!Names.Contains(name))
            throw new HotelException($"--service {name}: there is no such service; there are {string.Join(", ", Names)}");
        var peers = words.GetValueOrDefault("peers", "").Split(',', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2)).Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => new Uri(pair[1]));
        return new ServiceOptions(name, Required(words, "urls"), words.GetValueOrDefault("database", ""), words.GetValueOrDefault("cache", ""), peers, words.GetValueOrDefault("spans"), words.GetValueOrDefault("traces") == "all");
    }

    /// <summary>A client of another service.</summary>
    /// <exception cref="HotelException">Nobody said where it is.</exception>
    public HttpClient Client(string peer, TimeSpan timeout) => Peers.TryGetValue(peer, out var address)
        ? new HttpClient(new SocketsHttpHandler { PooledConnectionIdleTimeout = TimeSpan.FromMinutes(30) }) { BaseAddress = address, Timeout = timeout }
        : throw new HotelException($"{Name} calls {peer}: name its address with --peers {peer}=http://HOST:PORT");

    private static string Required(Dictionary<string, string> words, string name) =>
        words.TryGetValue(name, out var value) ? value : throw new HotelException($"--{name} is missing");
}

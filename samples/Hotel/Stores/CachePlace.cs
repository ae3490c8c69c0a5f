using System.Net.Sockets;
using StackExchange.Redis;

namespace Hotel;

/// <summary>Where a cache is: a Unix socket's path, or HOST:PORT.</summary>
internal static class CachePlace
{
    public static ConfigurationOptions Options(string place)
    {
        if (place.Length == 0)
            throw new HotelException("--cache is missing: the socket of a redis-server, or HOST:PORT");
        var options = place.StartsWith('/') ? new ConfigurationOptions { EndPoints = { new UnixDomainSocketEndPoint(place) } } : ConfigurationOptions.Parse(place);
        (options.AbortOnConnectFail, options.AsyncTimeout, options.ConnectTimeout) = (false, 1000, 2000);
        return options;
    }
}

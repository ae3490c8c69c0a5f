using Hotel;

const string Usage = """
    hotel up [--out DIR] [--port N] [--traces sampled|all] [--cores N] [--limit-after SEC]
    hotel --service NAME --urls URL --database PLACE --cache PLACE [--peers NAME=URL,...] [--spans FILE] [--traces sampled|all]

    up starts a database, a cache and the eight services, each a process of this program, and stops them all when it is stopped.
      --out DIR     where hotel.json (who runs where), the services' spans and the stores' logs go [./hotel]
      --port N      port of the frontend [8080, if it is free, else any]
      --traces      sampled: as MicroView's control word says; all: every trace, marked with what the control word said [sampled]
      --cores N     CPU limit of each service, where cgroups can be made; 0: none [0.5]
      --limit-after SEC  so long after the start the limits begin: programs that begin compile what is hot [0]
    """;
var service = args is ["--service", ..];
var words = service ? args : [.. args.Skip(1)];
if ((!service && args is not ["up", ..]) || words.Length % 2 != 0 || words.Index().Any(word => word.Index % 2 == 0 && !word.Item.StartsWith("--", StringComparison.Ordinal)))
{
    Console.Error.WriteLine(Usage);
    return args is ["--help"] or ["-h"] ? 0 : 2;
}
try
{
    var options = words.Chunk(2).ToDictionary(pair => pair[0][2..], pair => pair[1]);
    if (service)
        await HotelService.RunAsync(ServiceOptions.From(options));
    else
        return await HotelApplication.RunAsync(ApplicationOptions.From(options));
    return 0;
}
catch (HotelException error)
{
    Console.Error.WriteLine($"hotel: {error.Message}");
    return 1;
}

namespace Hotel
{
    /// <summary>An end that the user can do something about: one line.</summary>
    internal sealed class HotelException(string message) : Exception(message);
}

using System.Globalization;

namespace MicroView.Lab;

/// <summary>Arguments of requests to a hotel reservation application, in the ranges of DeathStarBench's workload. Stateless; the same draws give the same arguments.</summary>
internal static class LoadArguments
{
    private const int Users = 501, Hotels = 80, FirstDay = 9, LastDay = 24;

    /// <summary>Makes the arguments of one request; draws are uniform in [0, 1).</summary>
    internal delegate (string Name, string Value)[] Maker(Func<double> draw);

    // By their own names, and by those of the handlers that Blueprint's frontend has.
    private static readonly Dictionary<string, Maker> Makers = new(StringComparer.OrdinalIgnoreCase)
    {
        ["search"] = Search, ["SearchHandler"] = Search,
        ["recommend"] = Recommend, ["RecommendHandler"] = Recommend,
        ["user"] = User, ["UserHandler"] = User,
        ["reserve"] = Reserve, ["ReservationHandler"] = Reserve,
    };

    public static IReadOnlyCollection<string> Names => Makers.Keys;

    public static Maker? Find(string? name) => name is not null && Makers.TryGetValue(name, out var maker) ? maker : null;

    private static (string, string)[] Search(Func<double> draw) => [.. Dates(draw), .. Place(draw), ("customerName", UserName(draw)), ("locale", "en")];

    private static (string, string)[] Recommend(Func<double> draw) => [("require", draw() switch { < 0.33 => "dis", < 0.66 => "rate", _ => "price" }), .. Place(draw), ("locale", "en")];

    private static (string, string)[] User(Func<double> draw) => LogIn(Whole(draw, Users));

    private static (string, string)[] Reserve(Func<double> draw)
    {
        var user = Whole(draw, Users);
        return [.. Dates(draw), ("hotelId", Text(1 + Whole(draw, Hotels))), ("customerName", $"Cornell_{user}"), .. LogIn(user), ("roomNumber", "1")];
    }

    private static (string, string)[] Dates(Func<double> draw)
    {
        var first = FirstDay + Whole(draw, LastDay - FirstDay);
        var last = first + 1 + Whole(draw, LastDay - first);
        return [("inDate", $"2015-04-{first:00}"), ("outDate", $"2015-04-{last:00}")];
    }

    private static (string, string)[] Place(Func<double> draw) =>
        [("lat", Text(38.0235 + (draw() * 481 - 240.5) / 1000)), ("lon", Text(-122.095 + (draw() * 325 - 157) / 1000))];

    private static (string, string)[] LogIn(int user) => [("username", $"Cornell_{user}"), ("password", string.Concat(Enumerable.Repeat(Text(user), 10)))];

    private static string UserName(Func<double> draw) => $"Cornell_{Whole(draw, Users)}";

    private static int Whole(Func<double> draw, int count) => Math.Min(count - 1, (int)(draw() * count));

    private static string Text(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
}

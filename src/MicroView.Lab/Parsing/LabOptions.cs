using System.CommandLine;

namespace MicroView.Lab;

/// <summary>Options that several commands have, worded once.</summary>
internal static class LabOptions
{
    public static Option<string> Data() => Kinds.Required("--data", "DIR", "Folder of the data set: the artifact's layout or the development set's", "-d");

    public static Option<string> Service() => Kinds.Required("--service", "NAME", "Service to look at", "-s");

    public static Option<string> Protocol() => Kinds.Choice("--protocol",
        "xd: learn from the other day's fault-free tail, judge the whole day; sd: learn from the same day's tail; split: as the set divides itself; auto: xd, or split for the artifact's layout",
        "auto", ["auto", "xd", "sd", "split"]);

    public static Option<string?> Results() => Kinds.Text("--out", "DIR", "Folder of the results [default: DATA/results]", "-o");

    public static Option<int> Seed() => Kinds.Count("--seed", "N", "Seed of everything random; the same seed gives the same result", 1, 0, int.MaxValue);

    public static Option<long?> TrainUntil() => Time("--train-until", "Learn from the rows up to this time [default: by --train-share]");

    public static Option<double> TrainShare() => Kinds.Number("--train-share", "SHARE", "Share of the rows to learn from", 0.5, 0.01, 0.99);

    /// <summary>Nanoseconds since 1970.</summary>
    public static Option<long?> Time(string name, string description) => Kinds.Value<long?>(name, "TIME", description, null, "a time as 2022-08-22T03:51:19Z", (string text, out long? value) =>
    {
        var valid = CsvTime.TryParse(text, out var time);
        value = time;
        return valid;
    });

    /// <summary>null for auto.</summary>
    public static ProtocolKind? ReadProtocol(string? text) =>
        text switch { "xd" => ProtocolKind.Xd, "sd" => ProtocolKind.Sd, "split" => ProtocolKind.Split, _ => null };
}

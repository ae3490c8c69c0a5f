using System.CommandLine;

namespace MicroView.Lab;

/// <summary>`microview lab load`: an open loop of requests, as the artifact's generator.</summary>
internal static class LoadCommand
{
    public static Command Create()
    {
        var config = Kinds.Required("--config", "FILE", "The workload as the artifact's dsb_hotel.json: url, tput, duration, apis", "-c", "-config");
        var outfile = Kinds.Value("--outfile", "FILE", "A row per request: Name, Start (ns since 1970, when it was due), Duration (ns), IsError", "latency.csv", "a file", (string text, out string value) => (value = text).Length > 0, "-o", "-outfile");
        var url = Kinds.Text("--url", "URL", "Where the frontend is [default: the file's url]");
        var tput = Kinds.OptionalNumber("--tput", "RATE", "Requests per second [default: the file's tput]", 0.01, 1e6, "-tput");
        var duration = Kinds.OptionalSeconds("--duration", "How long; seconds, or with a unit [default: the file's duration]", "-duration");
        var warmUp = Kinds.OptionalSeconds("--warm-up", "So long before, requests are sent and not recorded [default: 0]");
        var open = Kinds.Count("--max-open", "N", "Requests that may be open at once; what is due beyond is recorded as failed", 10_000, 1, 1_000_000);
        var seed = LabOptions.Seed();
        var command = new DocumentedCommand("load", "Send requests at a rate, whether or not earlier ones have been answered (open loop). Latency counts from when a request was due, so a slow service hides nothing.",
            new("microview lab load --config dsb_hotel.json --outfile latency.csv", "the artifact's mix, at the rate and for the time that the file says"),
            new("microview lab load --config dsb_hotel.json --url http://127.0.0.1:8080 --tput 20 --duration 30s --seed 7", "another rate for half a minute"))
        { config, outfile, url, tput, duration, warmUp, open, seed };
        command.SetAction((result, stop) => LoadRun.ExecuteAsync(new LoadOrder(
            Changed(LoadFile.Read(result.GetValue(config)!), result.GetValue(url), result.GetValue(tput), result.GetValue(duration)), result.GetValue(outfile)!, (ulong)result.GetValue(seed),
            result.GetValue(warmUp) ?? 0, result.GetValue(open)), result.InvocationConfiguration.Output, stop));
        return command;
    }

    private static LoadFile Changed(LoadFile file, string? url, double? tput, double? seconds)
    {
        file = file with { Url = url ?? file.Url, Tput = tput ?? file.Tput, Duration = seconds is { } time ? FormattableString.Invariant($"{time}s") : file.Duration };
        return file.Problem() is { } problem ? throw new LabException(problem, ExitCode.Usage) : file;
    }
}

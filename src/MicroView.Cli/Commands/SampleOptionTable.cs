using System.CommandLine;
using System.CommandLine.Parsing;
using MicroView.Collector;

namespace MicroView.Cli;

/// <summary>The options of remote write, and of which samples are sent; `up` and `nic` have them.</summary>
internal sealed class SampleOptionTable
{
    public Option<string?> RemoteWrite { get; } = Kinds.Text("--remote-write", "URL", "Send samples to a Prometheus remote-write 1.0 receiver, such as http://localhost:9090/api/v1/write [default: none are sent]");

    public Option<string?> TokenFile { get; } = Kinds.Text("--remote-write-token-file", "FILE", "File with a bearer token for the receiver, or with 'Basic user:password'; read again when it changes");

    public Option<KeyValuePair<string, string>[]> Labels { get; } = new("--remote-write-label")
    {
        Description = "A label for every series that is sent, such as instance=node-7; may be repeated",
        HelpName = "NAME=VALUE",
        CustomParser = ParseLabels,
    };

    public Option<double> Baseline { get; } = Kinds.Seconds("--baseline-interval", "From one sample of a series to the next while its pod is not anomalous; seconds", 30);

    public Option<double> Recorder { get; } = Kinds.Seconds("--flight-recorder", "Full resolution begins so long before an alarm; other samples are sent so much later; seconds; 0: with the alarm", 30);

    public Option<double> Hold { get; } = Kinds.Seconds("--sample-hold", "Full resolution ends so long after an alarm; seconds", 10);

    public Option<SampleRule[]> Rules { get; } = new("--sample-rule")
    {
        Description = "What is different for pods whose id matches: baseline=10s, recorder=60s, full=always, alarm or never; the first rule that matches counts; may be repeated",
        HelpName = "GLOB:SETTING,...",
        CustomParser = ParseRules,
    };

    public Option<long> RecorderMemory { get; } = Kinds.Bytes("--flight-recorder-memory", "Memory of all flight recorders together; they get shorter where it does not reach; bytes", 256L << 20, 1 << 20, 1L << 40);

    public Option<long> Queue { get; } = Kinds.Bytes("--remote-write-queue", "Memory of samples that wait for the receiver; beyond it the oldest are dropped; bytes", 64L << 20, 1 << 20, 1L << 40);

    public IEnumerable<Option> All => [RemoteWrite, TokenFile, Labels, Baseline, Recorder, Hold, Rules, RecorderMemory, Queue];

    public void AddTo(Command command)
    {
        foreach (var option in All)
            command.Add(option);
    }

    /// <summary>What they say; null without --remote-write.</summary>
    /// <exception cref="UserException">One of the others is given without it, or the URL is none.</exception>
    public SampleOptions? Read(ParseResult result)
    {
        if (result.GetValue(RemoteWrite) is not { } url)
        {
            if (All.FirstOrDefault(option => result.GetResult(option) is { Implicit: false }) is { } alone)
                throw new UserException($"{alone.Name} is for --remote-write URL, which is not given", ExitCode.Usage);
            return null;
        }
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address))
            throw new UserException("--remote-write: it is no URL, such as http://localhost:9090/api/v1/write", ExitCode.Usage);
        return new()
        {
            RemoteWrite = address,
            TokenFile = result.GetValue(TokenFile),
            Labels = result.GetValue(Labels) ?? [],
            Baseline = Time(result.GetValue(Baseline)),
            Recorder = Time(result.GetValue(Recorder)),
            Hold = Time(result.GetValue(Hold)),
            Rules = result.GetValue(Rules) ?? [],
            RecorderBytes = result.GetValue(RecorderMemory),
            QueueBytes = result.GetValue(Queue),
        };
    }

    /// <summary>The range is checked with the others; a TimeSpan just has to hold it.</summary>
    private static TimeSpan Time(double seconds) => TimeSpan.FromSeconds(Math.Min(seconds, 1e9));

    private static SampleRule[]? ParseRules(ArgumentResult result)
    {
        try
        {
            return [.. result.Tokens.Select(token => SampleRule.Parse(token.Value))];
        }
        catch (FormatException error)
        {
            result.AddError($"--sample-rule: {error.Message}");
            return null;
        }
    }

    private static KeyValuePair<string, string>[]? ParseLabels(ArgumentResult result)
    {
        var labels = new List<KeyValuePair<string, string>>();
        foreach (var token in result.Tokens)
        {
            var at = token.Value.IndexOf('=', StringComparison.Ordinal);
            if (at <= 0 || at == token.Value.Length - 1 || labels.Any(label => label.Key == token.Value[..at]))
            {
                result.AddError($"--remote-write-label: '{token.Value}' is not NAME=VALUE, such as instance=node-7, or its name comes twice");
                return null;
            }
            labels.Add(new(token.Value[..at], token.Value[(at + 1)..]));
        }
        return [.. labels];
    }
}

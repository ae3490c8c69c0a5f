namespace MicroView.Collector;

/// <summary>Settings of remote write and of which samples are sent (docs/remote-write.md).</summary>
public sealed record SampleOptions
{
    /// <summary>The receiver: http or https, with its path, such as <c>http://prometheus:9090/api/v1/write</c>.</summary>
    public required Uri RemoteWrite { get; init; }

    /// <summary>File with a bearer token, or with <c>Basic user:password</c>; null: none. It is read again when it has changed.</summary>
    public string? TokenFile { get; init; }

    /// <summary>Labels of every series beside its own, such as instance.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Labels { get; init; } = [];

    /// <summary>From one sample of a series to the next in quiet times.</summary>
    public TimeSpan Baseline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long before an alarm the flight recorder begins.</summary>
    public TimeSpan Recorder { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long after an alarm everything is still sent.</summary>
    public TimeSpan Hold { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What is different for some pods; the first rule that covers a pod is its.</summary>
    public IReadOnlyList<SampleRule> Rules { get; init; } = [];

    /// <summary>Memory of all flight recorders together, bytes.</summary>
    public long RecorderBytes { get; init; } = 256L << 20;

    /// <summary>Memory of the samples that wait for the receiver, bytes.</summary>
    public long QueueBytes { get; init; } = 64L << 20;

    /// <summary>How long one request may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a stop waits for what is still to be delivered.</summary>
    public TimeSpan FlushLimit { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How often the recorders are looked through.</summary>
    internal TimeSpan Period { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How the samples of a pod are chosen.</summary>
    public SamplePolicy PolicyOf(string pod)
    {
        var standard = new SamplePolicy(Baseline, Recorder, FullResolution.Alarm);
        foreach (var rule in Rules)
            if (rule.Covers(pod))
                return rule.Apply(standard);
        return standard;
    }

    internal void Check(OptionProblems problems)
    {
        problems.Require(RemoteWrite.IsAbsoluteUri && RemoteWrite.Scheme is "http" or "https", $"remote write needs an http or https URL, such as http://localhost:9090/api/v1/write, not '{Shown}'");
        problems.Require(RemoteWrite.UserInfo.Length == 0, "credentials do not belong into the remote-write URL, where every user of the machine reads them: give a file, --remote-write-token-file");
        problems.Require(Baseline >= SampleRule.ShortestBaseline && Baseline <= SampleRule.LongestBaseline, $"the baseline interval must be 0.001 to 86400 s, not {Baseline.TotalSeconds} s");
        problems.Require(Recorder >= TimeSpan.Zero && Recorder <= SampleRule.LongestRecorder, $"the flight recorder must be 0 to {SampleRule.LongestRecorder.TotalSeconds} s, not {Recorder.TotalSeconds} s");
        problems.Require(Hold >= TimeSpan.Zero && Hold <= TimeSpan.FromDays(1), $"the hold time of samples must be 0 to 86400 s, not {Hold.TotalSeconds} s");
        problems.Require(RecorderBytes >= 1 << 20, $"the flight recorders need 1 MiB or more, not {RecorderBytes} bytes");
        problems.Require(QueueBytes >= 1 << 20, $"the queue of remote write needs 1 MiB or more, not {QueueBytes} bytes");
        foreach (var (name, _) in Labels)
            problems.Require(Export.MetricNames.IsValidLabel(name), $"'{name}' is no name of a label: letters, digits and _, not beginning with a digit or with __");
    }

    /// <summary>The URL without what may be secret in it.</summary>
    internal string Shown => RemoteWrite.IsAbsoluteUri ? RemoteWrite.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped) : RemoteWrite.ToString();
}

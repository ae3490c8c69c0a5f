using System.Net.Http.Headers;

namespace MicroView.Collector;

/// <summary>Where alarms are reported as alerts. Immutable.</summary>
public sealed record AlertOptions
{
    /// <summary>The base address of each Alertmanager, all of which get every alert.</summary>
    public IReadOnlyList<Uri> Receivers { get; init; } = [];

    /// <summary>File with the bearer token, read again for every request; null: none is sent.</summary>
    public string? TokenFile { get; init; }

    /// <summary>How often an alert is sent again while it fires; it ends by itself four intervals after the last time.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Where people reach the collector's page; null: its own endpoint.</summary>
    public Uri? ExternalUrl { get; init; }

    /// <summary>Checks addresses, ranges and the file.</summary>
    internal void Check(OptionProblems problems)
    {
        foreach (var receiver in Receivers)
            problems.Try(() => CheckUrl("--alertmanager", receiver));
        if (ExternalUrl is not null)
            problems.Try(() => CheckUrl("--external-url", ExternalUrl));
        problems.Require(Interval >= TimeSpan.FromSeconds(1) && Interval <= TimeSpan.FromHours(1), $"alerts are sent again each 1 to 3600 s, not {Interval.TotalSeconds} s");
        problems.Require(TokenFile is null || Receivers.Count > 0, "--alertmanager-token-file is for --alertmanager, which is not given");
        problems.Try(() => _ = ReadToken());
    }

    /// <summary>The token's header; null: there is none.</summary>
    /// <exception cref="IOException">The file cannot be read, or holds none; the message does not tell what it holds.</exception>
    internal AuthenticationHeaderValue? ReadToken()
    {
        if (TokenFile is null)
            return null;
        try
        {
            if (File.ReadAllText(TokenFile).Trim() is { Length: > 0 } token && token.All(c => c is > ' ' and < '\x7f'))
                return new("Bearer", token);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"cannot read the token file {TokenFile}: {error.Message}", error);
        }
        throw new IOException($"the token file {TokenFile} holds no token of one line");
    }

    private static void CheckUrl(string option, Uri url)
    {
        if (!url.IsAbsoluteUri || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps))
            throw new ArgumentException($"{option}: an address is absolute, such as http://127.0.0.1:9093");
        if (url.UserInfo.Length > 0)
            throw new ArgumentException($"{option}: an address holds no user or password; {(option == "--alertmanager" ? "give a token with --alertmanager-token-file" : "leave them out")}");
        if (url.Query.Length > 0 || url.Fragment.Length > 0)
            throw new ArgumentException($"{option}: an address ends before '?' and '#'");
    }
}

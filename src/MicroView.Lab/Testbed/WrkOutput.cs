using System.Globalization;
using System.Text.RegularExpressions;

namespace MicroView.Lab;

/// <summary>What `wrk --latency` prints, of one run.</summary>
/// <param name="RequestsPerSecond">Of all connections.</param>
/// <param name="Percentiles">Latency in milliseconds by percentile (50, 75, 90, 99).</param>
/// <param name="Errors">Socket errors and answers other than 2xx and 3xx.</param>
internal sealed partial record WrkOutput(double RequestsPerSecond, IReadOnlyDictionary<double, double> Percentiles, long Errors)
{
    /// <exception cref="LabException">It is not wrk's.</exception>
    public static WrkOutput Parse(string text)
    {
        var rate = Rate().Match(text);
        if (!rate.Success)
            throw new LabException($"wrk has printed no rate: {text.ReplaceLineEndings(" ").Trim()}", ExitCode.Failed);
        var percentiles = Percentile().Matches(text).ToDictionary(match => Number(match.Groups["p"].Value), match => Milliseconds(match.Groups["value"].Value, match.Groups["unit"].Value));
        var errors = SocketErrors().Match(text) is { Success: true } sockets ? sockets.Groups["n"].Captures.Sum(count => long.Parse(count.Value, CultureInfo.InvariantCulture)) : 0;
        if (BadAnswers().Match(text) is { Success: true } bad)
            errors += long.Parse(bad.Groups["n"].Value, CultureInfo.InvariantCulture);
        return new(Number(rate.Groups["rate"].Value), percentiles, errors);
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static double Milliseconds(string value, string unit) => Number(value) * unit switch { "us" => 1e-3, "ms" => 1, "s" => 1e3, "m" => 60e3, _ => 3600e3 };

    [GeneratedRegex(@"Requests/sec:\s+(?<rate>[\d.]+)")]
    private static partial Regex Rate();

    [GeneratedRegex(@"^\s+(?<p>[\d.]+)%\s+(?<value>[\d.]+)(?<unit>us|ms|s|m|h)\s*$", RegexOptions.Multiline)]
    private static partial Regex Percentile();

    [GeneratedRegex(@"Socket errors:(?: \w+ (?<n>\d+),?)+")]
    private static partial Regex SocketErrors();

    [GeneratedRegex(@"Non-2xx or 3xx responses: (?<n>\d+)")]
    private static partial Regex BadAnswers();
}

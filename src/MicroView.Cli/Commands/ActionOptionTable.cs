using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using MicroView.Analysis;

namespace MicroView.Cli;

/// <summary>The options of `up` and `nic` about what is done with alarms.</summary>
/// <param name="standardJaegerPort">What the help says that --jaeger-port is when it is not given.</param>
internal sealed class ActionOptionTable(string standardJaegerPort)
{
    /// <summary>What a port's option holds where "off" was given.</summary>
    public const int Off = -1;

    /// <summary>Jaeger's own port for it.</summary>
    public const int StandardJaegerPort = 5778;

    public Option<ApplicationRule[]> Applications { get; } = ApplicationsOption();

    public Option<string?> TraceSampling { get; } = TraceSamplingOption();

    public Option<double> TraceBaseRate { get; } = Rate("--trace-base-rate", "Share of the traces that an application without an alarm keeps; 0 to 1", 0.01);

    public Option<double> TraceAlarmRate { get; } = Rate("--trace-alarm-rate", "The same while an alarm of any of its pods is open; 0 to 1", 1);

    public Option<double> TraceHold { get; } = Kinds.Seconds("--trace-hold", "How long the alarm's rate stands after the alarm; seconds", 10);

    public Option<Uri[]> Alertmanagers { get; } = AddressOption("--alertmanager", "Base address of an Alertmanager that alarms are reported to, such as http://127.0.0.1:9093; may be repeated: each gets all [default: none]");

    public Option<string?> AlertmanagerTokenFile { get; } = Kinds.Text("--alertmanager-token-file", "FILE", "File with the bearer token for every Alertmanager; read again for each request");

    public Option<double> AlertmanagerInterval { get; } = Kinds.Seconds("--alertmanager-interval", "How often an alert is sent again while its alarm is open; it ends by itself four times that after the last; seconds", 30);

    public Option<Uri[]> ExternalUrl { get; } = AddressOption("--external-url", "Address under which people reach this collector's page, for the links in alerts [default: the Prometheus endpoint's]");

    public Option<int?> JaegerPort { get; } = PortOption("--jaeger-port", $"TCP port where services in any language ask for their sampling rate (Jaeger remote sampling, /sampling?service=NAME); 0: any free one [default: {standardJaegerPort}]");

    public Option<string?> JaegerListen { get; } = Kinds.Text("--jaeger-listen", "ADDR", "IP address of that port; beyond loopback clients show what --listen-token-file or --client-ca ask for, such as http://any:TOKEN@HOST:5778 [default: 127.0.0.1]");

    public Option<int?> KedaPort { get; } = PortOption("--keda-port", "TCP port of KEDA's external scaler (gRPC; TLS beyond loopback with --tls-certificate); 0: any free one [default: off]");

    public Option<string?> KedaListen { get; } = Kinds.Text("--keda-listen", "ADDR", "IP address of that port; beyond loopback KEDA shows a certificate of --client-ca, or a token [default: 127.0.0.1]");

    public void AddTo(Command command)
    {
        Option[] table = [Applications, TraceSampling, TraceBaseRate, TraceAlarmRate, TraceHold, Alertmanagers, AlertmanagerTokenFile, AlertmanagerInterval, ExternalUrl, JaegerPort, JaegerListen, KedaPort, KedaListen];
        foreach (var option in table)
            command.Add(option);
    }

    private static Option<ApplicationRule[]> ApplicationsOption() => new("--application")
    {
        Description = "Pods that make one application, by patterns of pod or service, or label=pattern; may be repeated [default: a pod's label \"application\", else its service]",
        HelpName = "NAME=PATTERN,...",
        CustomParser = result => ParseEach(result, "--application", ApplicationRule.Parse),
    };

    private static Option<string?> TraceSamplingOption()
    {
        var option = Kinds.Number<string?>("--trace-sampling", "on|off", "Write each application's trace sampling rate into its pods' control words [default: on when another --trace- option of these is given, else off]",
            null, "on or off", (string text, out string? value) =>
            {
                value = text.ToLowerInvariant();
                return value is "on" or "off";
            }, null);
        option.CompletionSources.Add("on", "off");
        return option;
    }

    private static Option<int?> PortOption(string name, string description) => Kinds.Number<int?>(name, "PORT|off", description, null, "a port from 0 to 65535, or off",
        (string text, out int? value) =>
        {
            value = text.Equals("off", StringComparison.OrdinalIgnoreCase) ? Off : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : null;
            return value is <= 65535;
        }, null);

    private static Option<double> Rate(string name, string description, double standard) => Kinds.Number(name, "RATE", description, standard, "a number from 0 to 1",
        (string text, out double value) => double.TryParse(text, CultureInfo.InvariantCulture, out value) && value is >= 0 and <= 1, null);

    private static Option<Uri[]> AddressOption(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "URL",
        CustomParser = result => ParseEach(result, name, text => Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new FormatException("an address is absolute, such as http://127.0.0.1:9093")), // not repeated: it may hold a password
    };

    private static T[]? ParseEach<T>(ArgumentResult result, string name, Func<string, T> parse)
    {
        try
        {
            return [.. result.Tokens.Select(token => parse(token.Value))];
        }
        catch (FormatException error)
        {
            result.AddError($"{name}: {error.Message}");
            return null;
        }
    }
}

using System.Globalization;
using System.Net;

namespace MicroView.Collector;

/// <summary>
/// Who is let in. On loopback everybody of this machine is; beyond it a client shows a token or a certificate, except where Prometheus may scrape, and for health. Immutable.
/// </summary>
public sealed record AccessOptions
{
    /// <summary>IP address that the endpoint listens on: live page, its data, /metrics.</summary>
    public string Listen { get; init; } = "127.0.0.1";

    /// <summary>ADDRESS or ADDRESS:PORT where anybody may GET /metrics, and nothing else but health; without a port, the endpoint's. null: nowhere.</summary>
    public string? MetricsListen { get; init; }

    /// <summary>File with the token that clients of other machines show; null: none is taken.</summary>
    public string? TokenFile { get; init; }

    /// <summary>PEM file of the certificate that listeners beyond loopback speak TLS with; null: they do not.</summary>
    public string? Certificate { get; init; }

    /// <summary>PEM file of its key; null: in the same file.</summary>
    public string? CertificateKey { get; init; }

    /// <summary>PEM file of the authorities whose client certificates are as good as the token; null: none is.</summary>
    public string? ClientAuthorities { get; init; }

    /// <summary>True when a client of another machine can show something.</summary>
    internal bool CanProve => TokenFile is not null || ClientAuthorities is not null;

    /// <summary>Where /metrics is open to all; null: nowhere.</summary>
    internal (IPAddress Address, int? Port)? OpenMetrics => MetricsListen is { } text && TryParsePlace(text, out var address, out var port) ? (address, port) : null;

    /// <summary>What does not go together, a line each; <paramref name="places"/> are the actions that listen.</summary>
    internal IEnumerable<string> Problems(int? endpointPort, params (string Option, ActionPlace? Place)[] places)
    {
        var beyond = new List<string>();
        if (!IPAddress.TryParse(Listen, out var listen))
            yield return $"--listen: '{Listen}' is not an IP address of this machine, such as 127.0.0.1 or 0.0.0.0";
        else if (!IPAddress.IsLoopback(listen))
            beyond.Add("--listen");
        foreach (var (option, place) in places)
            if (place is not null && IPAddress.TryParse(place.Address, out var address) && !IPAddress.IsLoopback(address))
                beyond.Add(option);
        if (beyond.Count > 0 && !CanProve)
            yield return $"{string.Join(" and ", beyond)} beyond loopback: say who is let in, with --listen-token-file FILE or --client-ca FILE (for Prometheus alone: --metrics-listen ADDR)";
        if (MetricsListen is { } metrics)
        {
            if (!TryParsePlace(metrics, out var address, out var port))
                yield return $"--metrics-listen: '{metrics}' is not ADDRESS or ADDRESS:PORT, such as 0.0.0.0 or 10.0.0.5:9464";
            else if (endpointPort is null)
                yield return "--metrics-listen is for the endpoint, which is not asked for";
            else if (endpointPort == 0 && port is null && listen is not null && !EndpointPlaces.IsOne(listen, address))
                yield return $"--metrics-listen with --prometheus-port 0 needs a port of its own: {metrics}:PORT";
        }
        if (CertificateKey is not null && Certificate is null)
            yield return "--tls-key is for --tls-certificate, which is not given";
        if (ClientAuthorities is not null && Certificate is null)
            yield return "--client-ca needs TLS: --tls-certificate FILE, and --tls-key FILE where the key is not in it";
        if (Certificate is not null && beyond.Count == 0 && listen is not null)
            yield return "--tls-certificate is for listeners beyond loopback, and there is none: give --listen ADDR, --jaeger-listen ADDR or --keda-listen ADDR";
        if (TokenFile is not null && beyond.Count == 0 && listen is not null)
            yield return "--listen-token-file is for listeners beyond loopback, and there is none: give --listen ADDR, --jaeger-listen ADDR or --keda-listen ADDR";
    }

    private static bool TryParsePlace(string text, out IPAddress address, out int? port)
    {
        port = null;
        if (IPAddress.TryParse(text, out address!) && !text.StartsWith('['))
            return true;
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !IPAddress.TryParse(text[..colon].Trim('[', ']'), out address!)
            || !int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number > 65535)
            return false;
        port = number;
        return true;
    }
}

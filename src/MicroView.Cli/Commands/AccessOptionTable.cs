using System.CommandLine;
using MicroView.Collector;

namespace MicroView.Cli;

/// <summary>The options of `up` and `nic` about who is let in from elsewhere.</summary>
internal sealed class AccessOptionTable
{
    public Option<string?> Listen { get; } = Kinds.Text("--listen", "ADDR", "IP address of the endpoint: live page, its data, /metrics; beyond loopback clients show a token or a certificate [default: 127.0.0.1]");

    public Option<string?> MetricsListen { get; } = Kinds.Text("--metrics-listen", "ADDR[:PORT]", "IP address where anybody may GET /metrics and health, and nothing else, as Prometheus expects; on the endpoint's port unless it has one of its own [default: nowhere]");

    public Option<string?> TokenFile { get; } = Kinds.Text("--listen-token-file", "FILE", "File with the token that lets clients of other machines in (Authorization: Bearer, or Basic's password); at least 8 characters, read again when it changes");

    public Option<string?> Certificate { get; } = CertificateOption("listeners beyond loopback, --metrics-listen's own one excepted, speak");

    public Option<string?> CertificateKey { get; } = KeyOption();

    public Option<string?> ClientAuthorities { get; } = Kinds.Text("--client-ca", "FILE", "Authorities (PEM) whose client certificates let in as well as the token does, such as KEDA's");

    public void AddTo(Command command)
    {
        Option[] table = [Listen, MetricsListen, TokenFile, Certificate, CertificateKey, ClientAuthorities];
        foreach (var option in table)
            command.Add(option);
    }

    public AccessOptions Read(ParseResult result) => new()
    {
        Listen = Address(result.GetValue(Listen)),
        MetricsListen = result.GetValue(MetricsListen) is { } metrics ? Address(metrics) : null,
        TokenFile = result.GetValue(TokenFile),
        Certificate = result.GetValue(Certificate),
        CertificateKey = result.GetValue(CertificateKey),
        ClientAuthorities = result.GetValue(ClientAuthorities),
    };

    /// <summary>An address as people write it.</summary>
    public static string Address(string? text) => text switch
    {
        null or "localhost" => "127.0.0.1",
        "*" => "0.0.0.0",
        _ when text.StartsWith("*:", StringComparison.Ordinal) => $"0.0.0.0{text[1..]}",
        _ => text,
    };

    public static Option<string?> CertificateOption(string who) =>
        Kinds.Text("--tls-certificate", "FILE", $"Certificate and what leads to its authority (PEM): {who} TLS with it; renewed files are followed [default: no TLS]");

    public static Option<string?> KeyOption() => Kinds.Text("--tls-key", "FILE", "Private key of --tls-certificate (PEM) [default: in the same file]");
}

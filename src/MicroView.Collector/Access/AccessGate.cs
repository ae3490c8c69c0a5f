using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>What clients of other machines prove themselves by, and the TLS that it travels in. Thread-safe.</summary>
internal sealed class AccessGate
{
    /// <summary>Nobody of another machine can.</summary>
    public static AccessGate Closed { get; } = new(null, null);

    private readonly SharedSecret? _token;
    private readonly ServerCertificate? _certificate;

    internal AccessGate(SharedSecret? token, ServerCertificate? certificate, bool takesCertificates = false) =>
        (_token, _certificate, TakesCertificates) = (token, certificate, takesCertificates);

    /// <summary>Reads token and certificate.</summary>
    /// <exception cref="CollectorStartException">A file cannot be used; one line says which.</exception>
    public static AccessGate Open(AccessOptions options, ILogger logger)
    {
        var problems = new List<string>();
        var gate = Read(options, message => logger.LogWarning("Access stays as it was: {Problem}", message), problems);
        return problems.Count == 0 ? gate : throw new CollectorStartException(string.Join("; ", problems));
    }

    /// <summary>What is wrong with the files, a line each.</summary>
    public static IReadOnlyList<string> FileProblems(AccessOptions options)
    {
        var problems = new List<string>();
        _ = Read(options, _ => { }, problems);
        return problems;
    }

    /// <summary>True when a client certificate, which TLS has checked already, is as good as the token.</summary>
    public bool TakesCertificates { get; }

    /// <summary>True when a token is taken.</summary>
    public bool TakesTokens => _token is not null;

    /// <summary>Null: the client has proved itself.</summary>
    public Refusal? Check(HttpContext context)
    {
        if (TakesCertificates && context.Connection.ClientCertificate is not null)
            return null;
        var shown = context.Request.Headers.Authorization.ToString();
        if (_token?.IsShownIn(shown) == true)
            return null;
        var how = (TakesTokens, TakesCertificates) switch
        {
            (true, true) => "a token is needed (Authorization: Bearer TOKEN), or a client certificate",
            (true, false) => "a token is needed: Authorization: Bearer TOKEN",
            _ => "a client certificate is needed",
        };
        return new(StatusCodes.Status401Unauthorized, shown.Length > 0 && TakesTokens ? "the token is not this collector's" : how);
    }

    /// <summary>Makes a listener speak TLS, where there is a certificate.</summary>
    public void Secure(ListenOptions listener)
    {
        if (_certificate is { } certificate)
            listener.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = _ => new(certificate.Options) });
    }

    private static AccessGate Read(AccessOptions options, Action<string> complain, List<string> problems)
    {
        SharedSecret? token = null;
        ServerCertificate? certificate = null;
        Try("--listen-token-file", options.TokenFile, path => token = new(path, complain), problems);
        Try("--tls-certificate", options.Certificate, path => certificate = new(path, options.CertificateKey, options.ClientAuthorities, complain), problems);
        return new(token, certificate, options.ClientAuthorities is not null);
    }

    private static void Try(string option, string? path, Action<string> read, List<string> problems)
    {
        if (path is null)
            return;
        try
        {
            read(path);
        }
        catch (IOException error)
        {
            problems.Add($"{option}: {error.Message}");
        }
    }
}

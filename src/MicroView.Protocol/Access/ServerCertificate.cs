using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MicroView.Protocol;

/// <summary>
/// A server's certificate from PEM files, with the authorities whose client certificates it takes for a token, if any. Renewed files are followed
/// with the next connection. Thread-safe.
/// </summary>
public sealed class ServerCertificate
{
    private const string ClientUse = "1.3.6.1.5.5.7.3.2"; // RFC 5280, 4.2.1.12: id-kp-clientAuth

    private readonly FollowedFiles<Loaded> _loaded;

    /// <summary>Reads the files.</summary>
    /// <param name="certificate">PEM: the certificate, then those that lead to its authority.</param>
    /// <param name="key">PEM of its private key, not encrypted; null: it is in the same file.</param>
    /// <param name="clientAuthorities">PEM of the authorities of client certificates; null: none is asked for.</param>
    /// <param name="complain">Is told, in one line, why newer files were not taken.</param>
    /// <exception cref="IOException">A file cannot be read, or is no such PEM; one line says which.</exception>
    public ServerCertificate(string certificate, string? key = null, string? clientAuthorities = null, Action<string>? complain = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(certificate);
        key ??= certificate;
        string[] paths = clientAuthorities is null ? [certificate, key] : [certificate, key, clientAuthorities];
        try
        {
            _loaded = new(paths, () => Load(certificate, key, clientAuthorities), complain);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new IOException(error.Message, error);
        }
    }

    /// <summary>What a new connection is to be met with. A client without a certificate is not turned away by it; one with a certificate of elsewhere is.</summary>
    /// <remarks>Each time another object: a server adds to it what its listener speaks.</remarks>
    public SslServerAuthenticationOptions Options
    {
        get
        {
            var (own, clients) = _loaded.Value;
            var options = new SslServerAuthenticationOptions
            {
                ServerCertificateContext = own,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            };
            if (clients is null)
                return options;
            options.ClientCertificateRequired = true; // asked for; the callback lets a client go on without
            options.CertificateChainPolicy = clients;
            options.RemoteCertificateValidationCallback = static (_, shown, _, errors) => shown is null || errors == SslPolicyErrors.None;
            return options;
        }
    }

    /// <summary>Authorities of a PEM file.</summary>
    /// <exception cref="IOException">It cannot be read, or there are none in it; one line says so.</exception>
    public static X509Certificate2Collection ReadAuthorities(string path)
    {
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(path);
            return authorities.Count > 0 ? authorities : throw new IOException($"{path} holds no certificate (PEM)");
        }
        catch (Exception error) when (error is CryptographicException or UnauthorizedAccessException)
        {
            throw new IOException($"{path} holds no certificates (PEM): {error.Message}", error);
        }
    }

    /// <summary>How a peer's certificate is judged by such authorities alone. Lists of what was revoked are not asked for: an authority of one's own rarely has one.</summary>
    public static X509ChainPolicy PolicyOf(X509Certificate2Collection authorities)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(authorities);
        return policy;
    }

    private static Loaded Load(string certificate, string key, string? clientAuthorities)
    {
        X509Certificate2 own;
        try
        {
            own = X509Certificate2.CreateFromPemFile(certificate, key);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            throw new IOException($"{certificate} and {key} are no certificate (PEM) with its private key: {error.Message}", error);
        }
        var chain = SslStreamCertificateContext.Create(own, ReadAuthorities(certificate), offline: true);
        if (clientAuthorities is null)
            return new(chain, null);
        var policy = PolicyOf(ReadAuthorities(clientAuthorities));
        policy.ApplicationPolicy.Add(new Oid(ClientUse));
        return new(chain, policy);
    }

    private sealed record Loaded(SslStreamCertificateContext Own, X509ChainPolicy? Clients);
}

using System.Security.Cryptography;
using System.Text;

namespace MicroView.Protocol;

/// <summary>
/// A token in a file, which clients show as `Authorization: Bearer TOKEN`, or as the password of `Basic`, for those that can only be given an address (`http://any:TOKEN@host/`).
/// Compared in constant time; a rotated file is followed. Thread-safe.
/// </summary>
public sealed class SharedSecret
{
    /// <summary>Characters of the shortest token that is taken.</summary>
    public const int LeastLength = 8;

    private const int MostLength = 4096; // of what a client shows: hashing more would be work for a stranger

    private readonly FollowedFiles<byte[]> _digest;

    /// <summary>Reads the file.</summary>
    /// <param name="path">Its trimmed text is the token.</param>
    /// <param name="complain">Is told, in one line, why a newer file was not taken.</param>
    /// <exception cref="IOException">It cannot be read, or its token is too short; one line says so.</exception>
    public SharedSecret(string path, Action<string>? complain = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            _digest = new([path], () => Load(path), complain);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new IOException(error.Message, error);
        }
    }

    /// <summary>Whether the header shows the token.</summary>
    /// <param name="authorization">An Authorization header; null or empty: none.</param>
    public bool IsShownIn(string? authorization) =>
        Shown(authorization) is { Length: > 0 and <= MostLength } given && CryptographicOperations.FixedTimeEquals(Hash(given), _digest.Value);

    private static string? Shown(string? authorization)
    {
        const string bearer = "Bearer ", basic = "Basic ";
        if (authorization is not { Length: <= 2 * MostLength })
            return null;
        if (authorization.StartsWith(bearer, StringComparison.OrdinalIgnoreCase))
            return authorization[bearer.Length..].Trim();
        if (!authorization.StartsWith(basic, StringComparison.OrdinalIgnoreCase))
            return null;
        Span<byte> bytes = stackalloc byte[2 * MostLength];
        if (!Convert.TryFromBase64String(authorization[basic.Length..].Trim(), bytes, out var count))
            return null;
        var pair = Encoding.UTF8.GetString(bytes[..count]);
        var colon = pair.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? null : pair[(colon + 1)..];
    }

    private static byte[] Load(string path)
    {
        var token = File.ReadAllText(path).Trim();
        return token.Length >= LeastLength ? Hash(token) : throw new IOException($"the token in {path} has fewer than {LeastLength} characters");
    }

    // Digests have one length, so the comparison tells nothing about the token's.
    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}

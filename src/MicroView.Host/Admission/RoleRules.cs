using System.Net;
using System.Security.Cryptography;
using System.Text;
using MicroView.Protocol;

namespace MicroView.Host;

/// <summary>Who has which role (docs/control-plane.md, "Roles"). Immutable.</summary>
internal sealed class RoleRules(string? token, IReadOnlyList<IPNetwork> collectors)
{
    // Digests have one length, so the comparison tells nothing about the token's.
    private readonly byte[]? _digest = token is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(token));
    private readonly uint _ownUser = Machine.UserId;

    /// <summary>Compares in constant time.</summary>
    internal bool IsToken(string? given) =>
        _digest is not null && given is { Length: > 0 and <= 4096 } && CryptographicOperations.FixedTimeEquals(_digest, SHA256.HashData(Encoding.UTF8.GetBytes(given)));

    /// <summary>Root and the agent's own user.</summary>
    internal bool IsOwn(uint user) => user == 0 || user == _ownUser;

    internal bool IsListed(IPAddress peer)
    {
        var address = peer.IsIPv4MappedToIPv6 ? peer.MapToIPv4() : peer;
        return collectors.Any(network => network.Contains(address));
    }
}

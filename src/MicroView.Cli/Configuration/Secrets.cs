using System.Text.RegularExpressions;

namespace MicroView.Cli;

/// <summary>Secrets that an address may hold. All others are in files of their own, of which only the path is a setting.</summary>
internal static partial class Secrets
{
    public const string Hidden = "***";

    /// <summary>True for an address with a user's name or password.</summary>
    public static bool HasUserInformation(string value) => UserInformation().IsMatch(value);

    /// <summary>The value as it may be shown.</summary>
    public static string Redact(string value) => QueryKey().Replace(UserInformation().Replace(value, $"://{Hidden}@"), $"$1{Hidden}");

    [GeneratedRegex(@"://[^/?#\s]*@")]
    private static partial Regex UserInformation();

    [GeneratedRegex(@"([?&][^=&\s]*(?:token|key|secret|pass|auth|sig)[^=&\s]*=)[^&#\s]+", RegexOptions.IgnoreCase)]
    private static partial Regex QueryKey();
}

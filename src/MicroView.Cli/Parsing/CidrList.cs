using System.CommandLine.Parsing;
using System.Net;

namespace MicroView.Cli;

/// <summary>Networks, comma separated.</summary>
internal static class CidrList
{
    public static string[]? Parse(ArgumentResult result)
    {
        var networks = result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToArray();
        foreach (var network in networks)
        {
            if (IPNetwork.TryParse(network, out _) || IPAddress.TryParse(network, out _))
                continue;
            result.AddError($"--collectors: '{network}' is not a network such as 10.0.0.0/24 or an address such as 10.0.0.7");
            return null;
        }
        return networks;
    }
}

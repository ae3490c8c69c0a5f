using System.Globalization;

namespace MicroView.Cli;

/// <summary>Group names of this machine.</summary>
internal static class Groups
{
    /// <summary>The id of a group given by name or number.</summary>
    public static int Find(string group)
    {
        if (int.TryParse(group, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            return id;
        try
        {
            foreach (var line in File.ReadLines("/etc/group"))
            {
                var fields = line.Split(':');
                if (fields.Length > 2 && fields[0] == group && int.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out id))
                    return id;
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UserException($"--shm-group: cannot look up '{group}' ({error.Message}); give its number", ExitCode.Usage, error);
        }
        throw new UserException($"--shm-group: there is no group '{group}' in /etc/group; create it with groupadd, or give a number", ExitCode.Usage);
    }
}

namespace MicroView.Cli;

/// <summary>The collector's token: from a file, else from the environment, else none.</summary>
internal static class TokenChoice
{
    public static string? Read(string? file)
    {
        if (file is null)
            return Environment.GetEnvironmentVariable("MICROVIEW_TOKEN") is { Length: > 0 } token ? token : null;
        try
        {
            return File.ReadAllText(file).Trim();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UserException($"cannot read the token file {file}: {error.Message}; give a readable file or leave out --token-file", ExitCode.Usage, error);
        }
    }
}

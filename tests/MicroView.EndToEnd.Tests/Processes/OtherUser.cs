namespace MicroView.EndToEnd.Tests;

/// <summary>Programs run as another user, where this one may become it.</summary>
internal static class OtherUser
{
    public const int Nobody = 65534, Somebody = 65533;

    /// <summary>Skips the test where it cannot be another user, or that user cannot reach the build.</summary>
    public static void Require(string? file = null)
    {
        if (Environment.UserName != "root" || !File.Exists("/usr/bin/setpriv"))
            Assert.Skip("needs root and setpriv, to become another user");
        using var reachable = Start(Nobody, "test", $"-r {file ?? Microview.Path}");
        if (reachable.WaitForExit() != 0)
            Assert.Skip($"user {Nobody} cannot read {file ?? Microview.Path}");
    }

    public static Microview Start(int user, string program, string arguments, params (string, string)[] environment) =>
        Microview.StartProgram("/usr/bin/setpriv", $"--reuid={user} --regid={user} --clear-groups {program} {arguments}", environment);

    /// <summary>A folder that every user can write.</summary>
    public static void Open(TemporaryFolder folder) => File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_111_111);
}

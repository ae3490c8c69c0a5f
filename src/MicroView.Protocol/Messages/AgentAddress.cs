namespace MicroView.Protocol;

/// <summary>Where an agent's socket is (docs/control-plane.md, "The socket").</summary>
public static class AgentAddress
{
    /// <summary>The environment variable that overrides every other place.</summary>
    public const string Variable = "MICROVIEW_SOCKET";

    private const string FileName = "agent.sock";

    private static string LastPlace => $"/tmp/microview-{Machine.UserId}/{FileName}";

    /// <summary>The places a client tries, in order.</summary>
    public static IReadOnlyList<string> Candidates()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path)
            return [path];
        var places = new List<string> { "/run/microview/" + FileName };
        if (Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } runtime)
            places.Add(Path.Combine(runtime, "microview", FileName));
        places.Add(LastPlace);
        return places;
    }

    /// <summary>Where an agent of this user listens: the first candidate whose folder it can own.</summary>
    public static string ForAgent()
    {
        var places = Candidates();
        return places.Count == 1 || Machine.IsRoot ? places[0] : places[1];
    }

    /// <summary>
    /// True when what listens at a place must not be trusted with memory or a token: anyone may make the folder under /tmp
    /// before its user does, so only this user's or root's agent counts there, unless <see cref="Variable"/> names it.
    /// </summary>
    internal static bool IsForeign(string path, uint listener) =>
        listener != 0 && listener != Machine.UserId && path == LastPlace && Environment.GetEnvironmentVariable(Variable) != path;
}

namespace MicroView.Cli;

/// <summary>What the process answers its caller; `microview --help` lists them.</summary>
internal static class ExitCode
{
    /// <summary>Done, or stopped by a signal or by `q`.</summary>
    public const int Success = 0;

    /// <summary>The work itself failed: a test that did not pass, a recording that is damaged, `doctor --strict` with something missing.</summary>
    public const int Failed = 1;

    /// <summary>The command line, the configuration file or an environment variable is wrong.</summary>
    public const int Usage = 2;

    /// <summary>The machine does not let it run: occupied port, unreachable agent, full pool, missing device.</summary>
    public const int Unavailable = 3;

    /// <summary>A defect of MicroView (EX_SOFTWARE).</summary>
    public const int Defect = 70;

    /// <summary>Stopped at once by a second signal.</summary>
    public const int Interrupted = 130;
}

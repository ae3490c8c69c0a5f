namespace MicroView.Lab;

/// <summary>What the process answers its caller; the same numbers as `microview`.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The work itself failed.</summary>
    public const int Failed = 1;

    /// <summary>The command line is wrong.</summary>
    public const int Usage = 2;

    /// <summary>A file cannot be read or written, or its content is not usable.</summary>
    public const int Unavailable = 3;

    /// <summary>A defect of MicroView (EX_SOFTWARE).</summary>
    public const int Defect = 70;

    /// <summary>Stopped by a signal.</summary>
    public const int Interrupted = 130;
}

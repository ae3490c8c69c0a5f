namespace MicroView.Cli;

/// <summary>The terminal's alternate screen: entered for the view, always left, whatever ends the process.</summary>
internal static class TerminalState
{
    private const string Enter = "\e[?1049h\e[?25l\e[2J";
    private const string Leave = "\e[0m\e[?25h\e[?1049l";
    private static int s_entered;

    public static void EnterScreen()
    {
        if (Interlocked.Exchange(ref s_entered, 1) != 0)
            return;
        Console.Out.Write(Enter);
        Console.Out.Flush();
    }

    /// <summary>Leaves the alternate screen if it was entered; safe to call at any time, from any thread.</summary>
    public static void Restore()
    {
        if (Interlocked.Exchange(ref s_entered, 0) == 0)
            return;
        Console.Out.Write(Leave);
        Console.Out.Flush();
    }
}

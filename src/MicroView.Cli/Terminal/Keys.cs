namespace MicroView.Cli;

/// <summary>Reads keys on a thread of its own, so that nothing polls the terminal.</summary>
internal static class Keys
{
    /// <summary>Calls <paramref name="pressed"/> for each key until the process ends; nothing without a terminal.</summary>
    public static void Start(Action<ConsoleKeyInfo> pressed)
    {
        if (Console.IsInputRedirected)
            return;
        var thread = new Thread(() =>
        {
            try
            {
                while (true)
                    pressed(Console.ReadKey(intercept: true));
            }
            catch (Exception error) when (error is InvalidOperationException or IOException)
            {
                // The terminal is gone; signals still stop the process.
            }
        }, 256 << 10)
        { IsBackground = true, Name = "keys" };
        thread.Start();
    }
}

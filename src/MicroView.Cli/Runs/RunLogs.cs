using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace MicroView.Cli;

/// <summary>Logging of a run: one line per message on stderr, or into the terminal view's messages while it is shown.</summary>
internal sealed class RunLogs : IDisposable
{
    public RunLogs(bool debug) => Factory = LoggerFactory.Create(logging => ToConsole(Levels(logging, debug)));

    public ILoggerFactory Factory { get; private set; }

    /// <summary>
    /// Logging while a view shows alarms and figures by itself; on the screen, messages go into the view. To be called before anything has a logger.
    /// </summary>
    public MessageRing ForUp(bool plain, bool debug)
    {
        var messages = new MessageRing();
        Factory.Dispose();
        Factory = LoggerFactory.Create(logging =>
        {
            Levels(logging, debug);
            if (!debug)
                logging.AddFilter("MicroView", LogLevel.Warning).AddFilter("MicroView.Collector.Alarms", LogLevel.Error);
            if (plain)
                ToConsole(logging);
            else
                logging.AddProvider(messages);
        });
        return messages;
    }

    public void Dispose() => Factory.Dispose();

    private static ILoggingBuilder Levels(ILoggingBuilder logging, bool debug) => logging
        .SetMinimumLevel(debug ? LogLevel.Debug : LogLevel.Information)
        .AddFilter("Microsoft", debug ? LogLevel.Information : LogLevel.Warning);

    private static void ToConsole(ILoggingBuilder logging)
    {
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss.fff ";
            console.ColorBehavior = LoggerColorBehavior.Disabled;
        });
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }
}

using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace MicroView.Cli;

/// <summary>Logging of a run: one line per message on stderr, or into the terminal view's messages while it is shown.</summary>
internal sealed class RunLogs : IDisposable
{
    private readonly MessageRing _messages = new();

    public RunLogs(bool debug)
    {
        Factory = LoggerFactory.Create(logging =>
        {
            logging.SetMinimumLevel(debug ? LogLevel.Debug : LogLevel.Information);
            logging.AddFilter("Microsoft", debug ? LogLevel.Information : LogLevel.Warning);
            logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "HH:mm:ss.fff ";
                console.ColorBehavior = LoggerColorBehavior.Disabled;
            });
            logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        });
    }

    public ILoggerFactory Factory { get; private set; }

    /// <summary>Replaces the console by a ring that the terminal view shows; before anything has a logger.</summary>
    public MessageRing ToView(bool debug)
    {
        Factory.Dispose();
        Factory = LoggerFactory.Create(logging => logging
            .SetMinimumLevel(debug ? LogLevel.Debug : LogLevel.Information)
            .AddFilter("Microsoft", LogLevel.Warning)
            .AddProvider(_messages));
        return _messages;
    }

    public void Dispose() => Factory.Dispose();
}

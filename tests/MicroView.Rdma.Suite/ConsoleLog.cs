using System.Globalization;
using Microsoft.Extensions.Logging;

namespace MicroView.Rdma.Suite;

/// <summary>The log of a program of the suite: its standard output.</summary>
internal sealed class ConsoleLog : ILogger, ILoggerFactory
{
    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:HH:mm:ss.fff} {logLevel}: {formatter(state, exception)}"));

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
        // It writes lines and has no other place for them.
    }

    public void Dispose()
    {
        // Nothing is held.
    }
}

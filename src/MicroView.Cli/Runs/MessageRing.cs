using Microsoft.Extensions.Logging;

namespace MicroView.Cli;

/// <summary>The last log messages, for the terminal view. Thread-safe.</summary>
internal sealed class MessageRing : ILoggerProvider
{
    private const int Capacity = 64;
    private readonly Queue<Message> _messages = new();

    /// <summary>A log message.</summary>
    internal sealed record Message(DateTime Time, LogLevel Level, string Text);

    public void Add(LogLevel level, string text)
    {
        lock (_messages)
        {
            if (_messages.Count == Capacity)
                _messages.Dequeue();
            _messages.Enqueue(new(DateTime.Now, level, text));
        }
    }

    /// <summary>The newest <paramref name="count"/>, oldest first.</summary>
    public Message[] Last(int count)
    {
        lock (_messages)
            return [.. _messages.TakeLast(count)];
    }

    public ILogger CreateLogger(string categoryName) => new RingLogger(this);

    public void Dispose()
    {
    }

    private sealed class RingLogger(MessageRing ring) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            ring.Add(logLevel, exception is null ? formatter(state, exception) : $"{formatter(state, exception)}: {exception.Message}");
    }
}

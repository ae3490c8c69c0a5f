using System.Text;
using Microsoft.Win32.SafeHandles;

namespace MicroView.Cli;

/// <summary>
/// Lines on stdout. When its reader has gone (`microview up | head`) it calls <c>closed</c> once and drops the rest:
/// Console.Out hides a broken pipe, so a pipe is written directly. Thread-safe.
/// </summary>
internal sealed class PlainOutput : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TextWriter _writer;
    private readonly Action _closed;
    private bool _gone;

    public PlainOutput(Action closed)
    {
        _closed = closed;
        _writer = Open();
    }

    public void Line(string text)
    {
        lock (_gate)
        {
            if (_gone)
                return;
            try
            {
                _writer.WriteLine(text);
                _writer.Flush();
                return;
            }
            catch (IOException)
            {
                _gone = true;
            }
        }
        _closed();
    }

    public void Dispose()
    {
        lock (_gate)
            _gone = true;
    }

    private static TextWriter Open()
    {
        try
        {
            var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            // A file keeps Console.Out: its offset may be shared with stderr.
            return stream.CanSeek ? Console.Out : new StreamWriter(stream, new UTF8Encoding(false), 4096);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return Console.Out;
        }
    }
}

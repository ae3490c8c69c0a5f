using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.Logging;

namespace MicroView.Collector;

/// <summary>
/// What a receiver is shown: the content of a file, a bearer token or <c>Basic user:password</c>, read again when the file has changed. Never logged. For one thread.
/// </summary>
internal sealed class RemoteWriteCredentials(string? path, ILogger logger)
{
    private const long LookMs = 1000, MostBytes = 64 * 1024;
    private AuthenticationHeaderValue? _value;
    private DateTime _written;
    private long _lookedMs = long.MinValue / 2;
    private bool _hasFailed;

    /// <summary>Reads the file.</summary>
    /// <exception cref="CollectorStartException">It cannot be read, or says nothing.</exception>
    public void Require()
    {
        try
        {
            Read();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new CollectorStartException($"--remote-write-token-file: {error.Message.TrimEnd('.')}", error);
        }
    }

    /// <summary>The value of the Authorization header as of now; null: none.</summary>
    public AuthenticationHeaderValue? Current()
    {
        if (path is null || Environment.TickCount64 - _lookedMs < LookMs)
            return _value;
        try
        {
            Read();
            _hasFailed = false;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            if (!_hasFailed)
                logger.LogWarning("--remote-write-token-file: {Error}; what it said before is used on", error.Message);
            _hasFailed = true;
        }
        return _value;
    }

    private void Read()
    {
        _lookedMs = Environment.TickCount64;
        if (path is null)
            return;
        var written = File.GetLastWriteTimeUtc(path);
        if (_value is not null && written == _written)
            return;
        if (new FileInfo(path).Length > MostBytes)
            throw new InvalidDataException($"{path} is too large for a token");
        _value = Parse(File.ReadAllText(path).Trim(), path);
        _written = written;
    }

    private static AuthenticationHeaderValue Parse(string text, string path)
    {
        const string basic = "Basic ", bearer = "Bearer ";
        if (text.Length == 0 || text.AsSpan().ContainsAny('\r', '\n'))
            throw new InvalidDataException($"{path} must hold one line: a token, or 'Basic user:password'");
        return text.StartsWith(basic, StringComparison.OrdinalIgnoreCase)
            ? new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(text[basic.Length..].Trim())))
            : new("Bearer", text.StartsWith(bearer, StringComparison.OrdinalIgnoreCase) ? text[bearer.Length..].Trim() : text);
    }
}

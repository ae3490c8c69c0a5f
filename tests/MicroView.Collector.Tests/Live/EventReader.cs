using System.Text.Json;

namespace MicroView.Collector.Tests;

/// <summary>Reads server-sent events off a response.</summary>
internal sealed class EventReader(HttpResponseMessage response) : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);
    private StreamReader? _lines;

    public HttpResponseMessage Response => response;

    public static async Task<EventReader> OpenAsync(HttpClient http, string path) =>
        new(await http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead));

    /// <summary>The next event; null: the stream has ended.</summary>
    public async Task<(string Name, JsonElement Data)?> NextAsync()
    {
        _lines ??= new(await response.Content.ReadAsStreamAsync());
        using var limit = new CancellationTokenSource(s_deadline);
        var (name, data) = ("", "");
        while (await _lines.ReadLineAsync(limit.Token) is { } line)
        {
            if (line.Length == 0)
                return (name, JsonDocument.Parse(data).RootElement);
            if (line.StartsWith("event: ", StringComparison.Ordinal))
                name = line[7..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
                data += line[6..];
            else
                Assert.Fail("not a line of an event: " + line);
        }
        return null;
    }

    /// <summary>Reads on until an event satisfies a condition.</summary>
    public async Task<JsonElement> UntilAsync(Func<string, JsonElement, bool> condition, string what)
    {
        for (var end = DateTime.UtcNow + s_deadline; DateTime.UtcNow < end;)
        {
            var (name, data) = await NextAsync() ?? throw new InvalidOperationException("the stream ended before " + what);
            if (condition(name, data))
                return data;
        }
        throw new InvalidOperationException("never came: " + what);
    }

    public void Dispose()
    {
        _lines?.Dispose();
        response.Dispose();
    }
}

using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace MicroView.Collector;

/// <summary>One server-sent event whose data is JSON, in a buffer that is used again. For one thread.</summary>
internal sealed class LiveJson : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new(16 * 1024);
    private readonly Utf8JsonWriter _json;

    public LiveJson() => _json = new Utf8JsonWriter(_buffer);

    /// <summary>The event as it goes out.</summary>
    public ReadOnlyMemory<byte> Written => _buffer.WrittenMemory;

    public Utf8JsonWriter Json => _json;

    /// <summary>Begins an event, with its object open.</summary>
    /// <param name="head">Such as <c>event: full\ndata: </c>.</param>
    public void Begin(ReadOnlySpan<byte> head)
    {
        _buffer.ResetWrittenCount();
        _buffer.Write(head);
        _json.Reset(_buffer);
        _json.WriteStartObject();
    }

    /// <summary>Ends the object and the event. JSON has no raw line breaks, so that text of pods cannot end it earlier.</summary>
    public void End()
    {
        _json.WriteEndObject();
        _json.Flush();
        _buffer.Write("\n\n"u8);
    }

    /// <summary>A number in four significant digits, as people see it; null when it is none.</summary>
    public void WriteShort(double value)
    {
        Span<byte> digits = stackalloc byte[32];
        if (double.IsFinite(value) && value.TryFormat(digits, out var length, "G4", CultureInfo.InvariantCulture))
            _json.WriteRawValue(digits[..length], skipInputValidation: true);
        else
            _json.WriteNullValue();
    }

    /// <summary>A number in all its digits; null when it is none.</summary>
    public void WriteExact(double value)
    {
        if (double.IsFinite(value))
            _json.WriteNumberValue(value);
        else
            _json.WriteNullValue();
    }

    public void WriteOptional(ReadOnlySpan<byte> name, string? text)
    {
        if (text is not null)
            _json.WriteString(name, text);
    }

    public void Dispose() => _json.Dispose();
}

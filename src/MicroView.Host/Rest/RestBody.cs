using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace MicroView.Host;

/// <summary>Reads and writes bodies. A body that is too large is read to its end and thrown away, so that its sender gets to see the answer.</summary>
internal static class RestBody
{
    /// <summary>A registration has a few hundred bytes; a list of queue pairs a few thousand.</summary>
    internal const int MaxKept = 64 * 1024;

    /// <summary>Beyond this the server cuts the connection.</summary>
    internal const int MaxRead = 4 * 1024 * 1024;

    /// <summary>The body; null when it is larger than <see cref="MaxKept"/>.</summary>
    internal static async ValueTask<byte[]?> ReadAsync(HttpContext context)
    {
        var reader = context.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(context.RequestAborted).ConfigureAwait(false);
            if (read.Buffer.Length > MaxKept)
            {
                reader.AdvanceTo(read.Buffer.End);
                await DrainAsync(context).ConfigureAwait(false);
                return null;
            }
            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return body;
            }
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    internal static Task AnswerAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
            write(json);
        return AnswerAsync(context, status, "application/json", buffer.WrittenMemory);
    }

    internal static Task AnswerAsync(HttpContext context, int status, string contentType, ReadOnlyMemory<byte> body)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        return context.Response.BodyWriter.WriteAsync(body, context.RequestAborted).AsTask();
    }

    private static async ValueTask DrainAsync(HttpContext context)
    {
        while (true)
        {
            var read = await context.Request.BodyReader.ReadAsync(context.RequestAborted).ConfigureAwait(false);
            context.Request.BodyReader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return;
        }
    }
}

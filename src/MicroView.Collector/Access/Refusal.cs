using Microsoft.AspNetCore.Http;

namespace MicroView.Collector;

/// <summary>Why a request gets nothing.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Line">One line for people.</param>
internal readonly record struct Refusal(int Status, string Line)
{
    /// <summary>Says so.</summary>
    public Task AnswerAsync(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = Status;
        response.ContentType = "text/plain; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        if (Status == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = "Bearer";
        return response.WriteAsync(Line + "\n", context.RequestAborted);
    }
}

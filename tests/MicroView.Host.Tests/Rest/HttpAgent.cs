using System.Text;
using System.Text.Json;

namespace MicroView.Host.Tests;

/// <summary>Asks an agent over HTTP.</summary>
internal static class HttpAgent
{
    private static readonly HttpClient s_http = new();

    internal static async Task<(int Status, JsonElement Body)> SendAsync(HttpMethod method, Uri uri, string? body = null)
    {
        using var request = new HttpRequestMessage(method, uri);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await s_http.SendAsync(request, TestContext.Current.CancellationToken);
        return ((int)response.StatusCode, JsonDocument.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).RootElement);
    }

    internal static Task<(int Status, JsonElement Body)> GetAsync(TestAgent agent, string path) => SendAsync(HttpMethod.Get, agent.Rest(path));

    internal static Task<(int Status, JsonElement Body)> PostAsync(TestAgent agent, string path, string body) => SendAsync(HttpMethod.Post, agent.Rest(path), body);

    internal static Task<(int Status, JsonElement Body)> DeleteAsync(TestAgent agent, string path) => SendAsync(HttpMethod.Delete, agent.Rest(path));

    /// <summary>Opens or renews a lease, as a collector does that asks for the layout.</summary>
    internal static async Task OpenLeaseAsync(TestAgent agent, string name = "nic") =>
        Assert.Equal(200, (await GetAsync(agent, $"/v1/layout?since=0&timeout=0&lease={name}")).Status);

    /// <summary>The agent's own metrics.</summary>
    internal static async Task<string> MetricsAsync(TestAgent agent)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, agent.Rest("/metrics"));
        request.Headers.TryAddWithoutValidation("Accept", "text/plain");
        using var response = await s_http.SendAsync(request, TestContext.Current.CancellationToken);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    internal static string Error((int Status, JsonElement Body) answer) => answer.Body.GetProperty("error").GetString()!;
}

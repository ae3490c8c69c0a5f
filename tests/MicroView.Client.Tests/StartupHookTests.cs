using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;
using MicroView.Protocol;

namespace MicroView.Client.Tests;

/// <summary>A stock ASP.NET service, as a process, with nothing but the environment changed.</summary>
[Trait("group", "slow")]
public sealed partial class StartupHookTests : IDisposable
{
    private readonly string _path = TestAgent.NewPath();

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [Fact]
    public async Task An_unmodified_web_service_is_collected()
    {
        using var agent = new TestAgent(_path);
        using var service = Start();
        try
        {
            var address = await AddressOf(service);
            using var http = new HttpClient();
            for (var i = 0; i < 20; i++)
                await http.GetStringAsync(new Uri(address, $"/orders/{i + 1}"));
            TestAgent.Eventually(() => Requests(agent, "/orders/{id:int}") == 20, "the durations of 20 requests arrive in their buckets");
            var pod = agent.Last!;
            Assert.Equal("WebService", pod.Attach.Service);
            var bucket = pod.Descriptors.First(each => each is { Name: "http.server.request.duration", Role: SlotRole.Bucket });
            Assert.Equal(("s", MetricType.Histogram, 0.005), (bucket.Unit, bucket.Type, bucket.Bound!.Value));
            Assert.Equal("GET", bucket.Labels!["http.request.method"]);
            TestAgent.Eventually(() => pod.Value("dotnet.gc.heap.total_allocated") > 0, "the runtime's own observables arrive");
        }
        finally
        {
            service.Kill();
            await service.WaitForExitAsync();
        }
    }

    [Fact]
    public void The_hook_without_an_agent_neither_fails_nor_holds_up_the_application()
    {
        using var info = Process.Start(Environment("dotnet", Assembly.GetExecutingAssembly().Location, "-list", "classes"))!;
        info.StandardOutput.ReadToEnd();
        Assert.True(info.WaitForExit(60_000), "the process ends although the session's thread runs");
        Assert.Equal(0, info.ExitCode);
        Assert.Equal("", info.StandardError.ReadToEnd());
    }

    private static double Requests(TestAgent agent, string route)
    {
        if (agent.Last is not { } pod)
            return 0;
        lock (pod)
            return Enumerable.Range(0, pod.Descriptors.Count).Where(slot => pod.Descriptors[slot] is { Name: "http.server.request.duration", Role: SlotRole.Bucket } descriptor
                && descriptor.Labels?.GetValueOrDefault("http.route") == route).Sum(pod.Value);
    }

    private static async Task<Uri> AddressOf(Process service)
    {
        while (await service.StandardOutput.ReadLineAsync() is { } line)
            if (Listening().Match(line) is { Success: true } match)
            {
                _ = service.StandardOutput.ReadToEndAsync();
                return new(match.Groups[1].Value);
            }
        throw new InvalidOperationException("the service ended: " + await service.StandardError.ReadToEndAsync());
    }

    [GeneratedRegex(@"listening on: (http://\S+)")]
    private static partial Regex Listening();

    private Process Start()
    {
        var assembly = Assembly.GetExecutingAssembly();
        var web = assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(each => each.Key == "WebService").Value!;
        Assert.True(File.Exists(web), $"{web} is not built");
        return Process.Start(Environment("dotnet", web, "--urls", "http://127.0.0.1:0"))!;
    }

    private ProcessStartInfo Environment(params string[] command)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_STARTUP_HOOKS"] = typeof(MicroViewClient).Assembly.Location;
        start.Environment["MICROVIEW_SOCKET"] = _path;
        foreach (var name in new[] { "OTEL_SERVICE_NAME", "MICROVIEW_SERVICE", "MICROVIEW_POD", "ASPNETCORE_URLS", "ASPNETCORE_HTTP_PORTS" })
            start.Environment.Remove(name);
        return start;
    }
}

using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace MicroView.EndToEnd.Tests;

/// <summary>A client that is not ours, in another language: OpenTelemetry's remote sampler for JavaScript.</summary>
[Trait("group", "slow")]
public sealed partial class JaegerClientTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3); // for a registry

    [Fact]
    public async Task The_real_client_follows_the_alarm_there_and_back()
    {
        Promtool.Require("node", "nodejs");
        Promtool.Require("npm", "npm");
        using var folder = new TemporaryFolder();
        Install(folder);
        var port = Microview.FreePort();
        using var host = new HostProcess();
        using var cart = new MoodyPod(host.Socket, "cart-1", "cart");
        using var nic = host.StartNic($"{MoodyPod.QuickDetection} --jaeger-port {port} --trace-base-rate 0.2 --trace-hold 1 --application shop=cart*,web");
        await MoodyPod.WatchedAsync(nic, "cart-1");
        using var client = Microview.StartProgram("node", $"{folder.File("jaeger_client.js")} http://127.0.0.1:{port} shop");
        await Soon.UntilAsync(() => Last(client) is > 0.1 and < 0.3, "the base rate");
        cart.Break();
        await Soon.UntilAsync(() => Last(client) == 1, "all traces");
        cart.Mend();
        await Soon.UntilAsync(() => Last(client) is > 0.1 and < 0.3, "the base rate again");
        Assert.DoesNotContain("not supported", client.Errors);
    }

    [Fact]
    public async Task Up_listens_where_clients_look_first_or_says_why_not()
    {
        using var folder = new TemporaryFolder();
        string Line(int i) => $"up --plain --sources none --port 0 --prometheus-port 0 --socket {folder.File($"{i}.sock")}";
        using var first = Microview.Start(Line(1));
        first.WaitFor(lines => lines.Contains("detection ", StringComparison.Ordinal), "its greeting");
        using var second = Microview.Start(Line(2));
        second.WaitFor(lines => lines.Contains("detection ", StringComparison.Ordinal), "its greeting");
        // Another test, or a Jaeger, may have it already; one of the two has it at most.
        Assert.Contains("Services cannot ask for their sampling rate: port 5778 is in use", second.Errors);
        if (!first.Errors.Contains("5778", StringComparison.Ordinal))
        {
            using var http = new HttpClient();
            Assert.Contains("\"samplingRate\":0.01", await http.GetStringAsync(new Uri("http://127.0.0.1:5778/sampling?service=any"), TestContext.Current.CancellationToken));
        }
        using var third = Microview.Start(Line(3) + " --jaeger-port off");
        third.WaitFor(lines => lines.Contains("detection ", StringComparison.Ordinal), "its greeting");
        Assert.DoesNotContain("sampling", third.Output + third.Errors);
        var refused = Microview.Run(Line(4) + $" --jaeger-port {new Uri(EndpointOf(first)).Port}");
        Assert.Equal(3, refused.ExitCode);
        Assert.Contains("--jaeger-port", refused.Errors);

        static string EndpointOf(Microview up) => Endpoint().Match(up.Output).Value;
    }

    private static void Install(TemporaryFolder folder)
    {
        File.Copy(Microview.Script("jaeger_client.js"), folder.File("jaeger_client.js"));
        File.WriteAllText(folder.File("package.json"), "{\"private\":true}");
        var start = new ProcessStartInfo("npm", "install --no-audit --no-fund --ignore-scripts @opentelemetry/sampler-jaeger-remote@0.222.0 @opentelemetry/api@1.9.1")
        {
            WorkingDirectory = folder.Path, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var npm = Process.Start(start)!;
        var (said, errors) = (npm.StandardOutput.ReadToEndAsync(), npm.StandardError.ReadToEndAsync());
        if (!npm.WaitForExit(s_patience))
            npm.Kill(entireProcessTree: true);
        if (!npm.HasExited || npm.ExitCode != 0)
            Assert.Skip($"npm could not install the client: {(errors.IsCompleted ? errors.Result.Trim().Split('\n')[^1] : $"no end after {s_patience.TotalSeconds} s")}");
    }

    /// <summary>The share that it printed last; NaN before the first.</summary>
    private static double Last(Microview client) =>
        client.Lines("share ") is [.., var (_, line)] ? double.Parse(line["share ".Length..], CultureInfo.InvariantCulture) : double.NaN;

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+/metrics")]
    private static partial Regex Endpoint();
}

namespace MicroView.EndToEnd.Tests;

/// <summary>Who may do what over HTTP: another user on loopback, and a peer behind a real network interface.</summary>
[Trait("group", "slow")]
public sealed class RoleTests
{
    private const string Token = "correct-horse-battery";

    private static readonly string[] s_collectors =
    [
        "GET /rdma/qps */*", "GET /rdma/qp/0 */*", "POST /rdma/qp/0/connect */*", "POST /rdma/qps/connect */*", "GET /rdma/mrs */*",
        "GET /metrics application/json", "GET /v1/layout */*", "GET /v1/pods */*", "GET /v1/pods/victim */*", "DELETE /v1/pods/victim */*",
    ];

    private static readonly string[] s_anyone = ["GET /health */*", "GET /livez */*", "GET /readyz */*", "GET /metrics text/plain"];

    [Fact]
    public async Task Another_user_on_loopback_is_not_the_collector_unless_it_has_the_token()
    {
        OtherUser.Require(Microview.Script("http_role.py"));
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("token"), Token, TestContext.Current.CancellationToken);
        using var host = new HostProcess($"--token-file {folder.File("token")} --shm-group {OtherUser.Nobody}");
        using var victim = new CountingPod(host.Socket, "victim");
        await Soon.UntilAsync(() => victim.Attached is not null, "a pod to look at");

        var refused = Ask(token: null);
        Assert.All(s_collectors, request => Assert.Equal(401, refused[request]));
        Assert.Equal(200, refused["POST /metrics */*"]); // the client role is free on loopback
        Assert.All(s_anyone, request => Assert.Equal(200, refused[request]));
        var wrong = Ask("wrong-token-entirely");
        Assert.All(s_collectors, request => Assert.Equal(403, wrong[request]));
        Assert.Equal(2 * s_collectors.Length, await host.RefusedAsync("forbidden"));

        AssertCollector(Ask(Token));
        AssertCollector(Answers(Microview.StartProgram(Microview.Python, $"{Microview.Script("http_role.py")} http://127.0.0.1:{host.Port}"))); // the agent's own user
        Assert.Equal("victim", victim.Attached);

        Dictionary<string, int> Ask(string? token) =>
            Answers(OtherUser.Start(OtherUser.Nobody, Microview.Python, $"{Microview.Script("http_role.py")} http://127.0.0.1:{host.Port} {token}"));
    }

    [Fact]
    public async Task Off_loopback_every_role_takes_the_token_or_a_listed_network()
    {
        using var network = TestNetwork.Create();
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("token"), Token, TestContext.Current.CancellationToken);
        using (var host = new HostProcess($"--listen {network.Address} --token-file {folder.File("token")}", network.Address))
        {
            using var victim = new CountingPod(host.Socket, "victim");
            await Soon.UntilAsync(() => victim.Attached is not null, "a pod to look at");
            var refused = Answers(network.Start(Microview.Python, $"{Microview.Script("http_role.py")} {host.Rest("")}".TrimEnd('/')));
            Assert.All([.. s_collectors, "POST /metrics */*"], request => Assert.Equal(401, refused[request]));
            Assert.All(s_anyone, request => Assert.Equal(200, refused[request]));
            var accepted = Answers(network.Start(Microview.Python, $"{Microview.Script("http_role.py")} http://{network.Address}:{host.Port} {Token}"));
            AssertCollector(accepted);
            Assert.Equal(200, accepted["POST /metrics */*"]);
        }
        using var listed = new HostProcess($"--listen {network.Address} --collectors {network.Peer}/32 --token-file {folder.File("token")}", network.Address);
        var named = Answers(network.Start(Microview.Python, $"{Microview.Script("http_role.py")} http://{network.Address}:{listed.Port}"));
        Assert.Equal(200, named["GET /rdma/mrs */*"]);
        Assert.Equal(200, named["GET /v1/layout */*"]);
        Assert.Equal(401, named["POST /metrics */*"]); // a collector is not a client
    }

    [Theory]
    [InlineData("host --listen 0.0.0.0")]
    [InlineData("host --listen 0.0.0.0 --token-file /nonexistent")]
    public void Listening_elsewhere_without_a_token_is_refused_in_one_line(string line)
    {
        using var folder = new TemporaryFolder();
        var run = Microview.Run($"{line} --port 0 --socket {folder.File("a.sock")}");
        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("token", Assert.Single(run.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    private static void AssertCollector(Dictionary<string, int> told)
    {
        Assert.All(s_collectors.Where(request => !request.Contains("/rdma/qp", StringComparison.Ordinal) && !request.StartsWith("DELETE", StringComparison.Ordinal)), request => Assert.Equal(200, told[request]));
        Assert.Equal(200, told["GET /rdma/qps */*"]);
        Assert.Equal((404, 409, 409), (told["GET /rdma/qp/0 */*"], told["POST /rdma/qps/connect */*"], told["DELETE /v1/pods/victim */*"])); // no device; no REST pod
    }

    private static Dictionary<string, int> Answers(Microview asking)
    {
        using (asking)
        {
            Assert.True(asking.WaitForExit() == 0, asking.ToString());
            return asking.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .ToDictionary(line => line[..line.LastIndexOf(' ')], line => int.Parse(line[(line.LastIndexOf(' ') + 1)..], null));
        }
    }
}

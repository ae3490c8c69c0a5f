namespace MicroView.EndToEnd.Tests;

/// <summary>Two pods of two users on one agent.</summary>
[Trait("group", "slow")]
public sealed class IsolationTests
{
    [Fact]
    public async Task Pods_of_different_users_reach_neither_each_other_nor_the_agents_and_collectors_hold_on_others()
    {
        OtherUser.Require(Microview.Script("socket_pod.py"));
        using var host = new HostProcess();
        using var nic = host.StartNic();
        using var first = Client(OtherUser.Nobody, host, "first");
        using var second = Client(OtherUser.Somebody, host, "second");
        await nic.UntilAsync(scrape => scrape.Of("m3", "first") == 4 && scrape.Of("m3", "second") == 4, "both pods");
        // The spy works: it reaches itself.
        first.Tell($"spy {Pid(first)}");
        first.WaitFor(lines => lines.Contains("reached ", StringComparison.Ordinal), "what it reached of itself");
        Assert.DoesNotContain("reached 0\n", first.Output);
        second.Tell($"spy {Pid(first)} {host.Process.Id} {nic.Process.Id}");
        second.WaitFor(lines => lines.Contains("reached ", StringComparison.Ordinal), "what it reached of others");
        Assert.Contains("reached 0\n", second.Output);
        // A pod id belongs to the user that has it.
        using var thief = Microview.StartProgram("/usr/bin/setpriv", Arguments(OtherUser.Somebody, host, "first"));
        thief.WaitFor(lines => lines.Contains("error pod_in_use", StringComparison.Ordinal), "its refusal");
        Assert.Equal(4, (await nic.ScrapeAsync()).Of("m3", "first"));
    }

    [Fact]
    public async Task Another_user_is_no_reader_without_the_token_and_with_it_can_only_read()
    {
        OtherUser.Require(Microview.Script("socket_pod.py"));
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("token"), "correct-horse-battery\n", TestContext.Current.CancellationToken);
        using var host = new HostProcess($"--token-file {folder.File("token")}");
        using var victim = new CountingPod(host.Socket, "victim");
        using var client = Client(OtherUser.Nobody, host, "client");
        client.Tell("read");
        client.WaitFor(lines => lines.Contains("error forbidden", StringComparison.Ordinal), "a refusal");
        client.Tell("read wrong-token");
        client.WaitFor(lines => lines.Split("error forbidden").Length == 3, "another refusal");
        Assert.Equal(2, await host.RefusedAsync("forbidden"));
        client.Tell("read correct-horse-battery");
        client.WaitFor(lines => lines.Contains("given ", StringComparison.Ordinal), "descriptors");
        Assert.Contains("given 2 writable 0\n", client.Output); // its own object and the victim's
        Assert.True(await host.RefusedAsync("forbidden") == 2 && victim.Attached == "victim");
    }

    private static int Pid(Microview client) => client.Id; // setpriv becomes the program

    private static string Arguments(int user, HostProcess host, string pod) =>
        $"--reuid={user} --regid={user} --clear-groups {Microview.Python} {Microview.Script("socket_pod.py")} {host.Socket} {pod}";

    private static Microview Client(int user, HostProcess host, string pod)
    {
        var client = Microview.StartProgram("/usr/bin/setpriv", Arguments(user, host, pod));
        client.WaitFor(lines => lines.Contains("described", StringComparison.Ordinal), "attached client");
        return client;
    }
}

using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using MicroView.Analysis;
using static MicroView.Collector.Tests.ActionScene;
using static MicroView.Collector.Tests.CollectorScene;
using static MicroView.Collector.Tests.ReceiverStub;

namespace MicroView.Collector.Tests;

/// <summary>Alerts, against receivers that do as a test wants. The real Alertmanager is in the end-to-end tests.</summary>
[Trait("group", "slow")]
public sealed class AlertTests
{
    private static ActionOptions To(params Uri[] receivers) => new()
    {
        Applications = [ApplicationRule.Parse("shop=cart*")],
        Alerts = new() { Receivers = receivers, Interval = TimeSpan.FromSeconds(1), ExternalUrl = new("https://views.example/mv/") },
    };

    [Fact]
    public async Task An_alert_says_what_happened_is_sent_again_while_it_fires_and_ends_with_its_alarm()
    {
        await using var receiver = new ReceiverStub();
        await using var actions = await StartAsync(To(receiver.Address));
        var cart = await actions.WatchedAsync("cart-1", "cart");
        await actions.WatchedAsync("mail");
        Break(cart);
        await UntilAsync(() => receiver.Alerts.Count >= 3, "an alert that is sent again");

        Assert.All(receiver.Posts, post => Assert.StartsWith("POST /am/api/v2/alerts HTTP/1.1\r\n", post.Head, StringComparison.Ordinal));
        var first = receiver.Alerts[0];
        Assert.Equal(("MicroViewAnomaly", "warning", "cart-1", "cart", "shop", Environment.MachineName),
            (Label(first, "alertname"), Label(first, "severity"), Label(first, "pod"), Label(first, "service"), Label(first, "application"), Label(first, "node")));
        var annotations = first.GetProperty("annotations");
        Assert.Contains("b 100", annotations.GetProperty("attribution").GetString(), StringComparison.Ordinal);
        Assert.Contains("cart-1", annotations.GetProperty("summary").GetString(), StringComparison.Ordinal);
        Assert.True(Number(annotations, "score") > Number(annotations, "threshold"));
        Assert.Equal("https://views.example/mv/?pod=cart-1", first.GetProperty("generatorURL").GetString());
        foreach (var again in receiver.Alerts)
        {
            Assert.Equal(first.GetProperty("labels").GetRawText(), again.GetProperty("labels").GetRawText());
            Assert.Equal(Time(first, "startsAt"), Time(again, "startsAt"));
            Assert.True(Time(again, "endsAt") > Time(first, "startsAt") + TimeSpan.FromSeconds(2), "it does not end before it is sent again");
        }
        Assert.True(Time(receiver.Alerts[2], "endsAt") > Time(receiver.Alerts[0], "endsAt"), "each time it lasts longer");

        Mend(cart);
        await UntilAsync(() => receiver.Alerts[^1] is var last && Time(last, "endsAt") <= DateTimeOffset.UtcNow, "the end");
        var count = receiver.Alerts.Count;
        Assert.Equal(first.GetProperty("labels").GetRawText(), receiver.Alerts[^1].GetProperty("labels").GetRawText());
        await Task.Delay(1500, TestContext.Current.CancellationToken);
        Assert.Equal(count, receiver.Alerts.Count); // an end is told once
        Assert.Equal(count, await actions.Scene.ValueAsync(Series("sent_total", receiver)));
        Assert.Equal(0, await actions.Scene.ValueAsync(Series("dropped_total", receiver)));
        Assert.Equal(0, await actions.Scene.ValueAsync("microview_alerts_firing"));
    }

    [Fact]
    public async Task A_receiver_that_fails_is_tried_again_and_counted_and_another_is_not_disturbed()
    {
        await using var good = new ReceiverStub();
        await using var bad = new ReceiverStub { Answer = Reply("503 Service Unavailable", "later\u001b[31m please") };
        await using var actions = await StartAsync(To(bad.Address, good.Address));
        var cart = await actions.WatchedAsync("cart-1");
        Break(cart);
        await UntilAsync(() => good.Alerts.Count >= 1 && bad.Posts.Count >= 2, "the alert, and two tries");
        Assert.True(await actions.Scene.ValueAsync(Series("failed_requests_total", bad)) >= 1);
        Assert.Equal(0, await actions.Scene.ValueAsync(Series("up", bad)));
        Assert.Equal(1, await actions.Scene.ValueAsync(Series("up", good)));
        Assert.Contains(actions.Scene.Log, line => line.EndsWith("it answers 503: later [31m please", StringComparison.Ordinal));

        bad.Answer = Reply("200 OK", "");
        await UntilAsync(async () => await actions.Scene.ValueAsync(Series("sent_total", bad)) >= 1, "the delivery");
        Assert.Equal(1, await actions.Scene.ValueAsync(Series("up", bad)));
        Assert.Contains(actions.Scene.Log, line => line.Contains("again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_alarm_that_nobody_could_be_told_of_is_counted()
    {
        var closed = ClosedPort();
        await using var actions = await StartAsync(To(closed));
        var cart = await actions.WatchedAsync("cart-1");
        Break(cart);
        var name = $"{{receiver=\"{closed}\"}}";
        await UntilAsync(async () => await actions.Scene.ValueAsync("microview_alertmanager_failed_requests_total" + name) >= 1, "a failure");
        Mend(cart);
        await UntilAsync(async () => await actions.Scene.ValueAsync("microview_alertmanager_dropped_total" + name) == 1, "the count");
        Assert.Equal(0, await actions.Scene.ValueAsync("microview_alertmanager_sent_total" + name));
    }

    [Fact]
    public async Task A_request_that_is_wrong_in_itself_is_not_repeated_at_once()
    {
        await using var receiver = new ReceiverStub { Answer = Reply("400 Bad Request", "bad label") };
        await using var actions = await StartAsync(To(receiver.Address) with { Alerts = To(receiver.Address).Alerts with { Interval = TimeSpan.FromSeconds(30) } });
        var cart = await actions.WatchedAsync("cart-1");
        Break(cart);
        await UntilAsync(async () => await actions.Scene.ValueAsync(Series("failed_requests_total", receiver)) == 1, "the failure");
        await Task.Delay(2500, TestContext.Current.CancellationToken);
        Assert.Single(receiver.Posts);
    }

    [Theory]
    [InlineData("hangs")]
    [InlineData("endless error")]
    [InlineData("endless answer")]
    [InlineData("nonsense")]
    [InlineData("endless header")]
    public async Task A_hostile_receiver_costs_neither_the_others_nor_the_end(string how)
    {
        await using var good = new ReceiverStub();
        await using var hostile = new ReceiverStub
        {
            Answer = how switch
            {
                "hangs" => null,
                "endless error" => "HTTP/1.1 500 No\r\n\r\n",
                "endless answer" => "HTTP/1.1 200 OK\r\n\r\n",
                "nonsense" => "SSH-2.0-OpenSSH\r\n\r\n",
                _ => "HTTP/1.1 200 OK\r\nX: ",
            },
            IsEndless = how.StartsWith("endless", StringComparison.Ordinal),
        };
        await using (var actions = await StartAsync(To(hostile.Address, good.Address)))
        {
            var cart = await actions.WatchedAsync("cart-1");
            Break(cart);
            await UntilAsync(() => good.Alerts.Count >= 3 && hostile.Posts.Count >= 1, "the alert elsewhere, again and again");
            if (how == "endless answer")
                await UntilAsync(async () => await actions.Scene.ValueAsync(Series("sent_total", hostile)) >= 1, "its first word is enough");
            else
                await UntilAsync(async () => await actions.Scene.ValueAsync(Series("failed_requests_total", hostile)) >= 1, "a failure", 60);
        }
        Assert.All(good.Alerts, alert => Assert.True(Time(alert, "endsAt") > Time(alert, "startsAt")));
    }

    [Fact]
    public async Task A_redirection_is_not_followed_and_takes_the_token_nowhere()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "first-secret\n", TestContext.Current.CancellationToken);
        await using var elsewhere = new ReceiverStub();
        await using var receiver = new ReceiverStub { Answer = Reply("307 Temporary Redirect", "", $"Location: {elsewhere.Address}\r\n") };
        var options = To(receiver.Address);
        await using var actions = await StartAsync(options with { Alerts = options.Alerts with { TokenFile = file } });
        var cart = await actions.WatchedAsync("cart-1");
        Break(cart);
        await UntilAsync(() => receiver.Posts.Count >= 1, "a request");
        Assert.Contains("Authorization: Bearer first-secret\r\n", receiver.Posts[0].Head, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, "second-secret", TestContext.Current.CancellationToken); // rotated
        await UntilAsync(() => receiver.Posts[^1].Head.Contains("Authorization: Bearer second-secret\r\n", StringComparison.Ordinal), "the new token");
        Assert.Empty(elsewhere.Posts);
        Assert.DoesNotContain(actions.Scene.Log, line => line.Contains("secret", StringComparison.Ordinal));
        File.Delete(file);
        await UntilAsync(() => actions.Scene.Log.Any(line => line.Contains($"cannot read the token file {file}", StringComparison.Ordinal)), "the missing file is told of");
    }

    [Fact]
    public async Task Labels_of_a_pod_take_none_of_ours_away_and_are_valid_whatever_they_are()
    {
        await using var receiver = new ReceiverStub();
        await using var actions = await StartAsync(To(receiver.Address));
        var pod = await actions.WatchedAsync("cart-1", labels: new()
        {
            ["alertname"] = "Forged", ["severity"] = "none", ["team-name/x"] = "line\n\"two\"", ["9"] = "nine", ["empty"] = "", ["ünïcode"] = "ü",
        });
        Break(pod);
        await UntilAsync(() => receiver.Alerts.Count >= 1, "the alert");
        var labels = receiver.Alerts[0].GetProperty("labels").EnumerateObject().ToDictionary(label => label.Name, label => label.Value.GetString()!);
        Assert.All(labels.Keys, name => Assert.Matches("^[a-zA-Z_][a-zA-Z0-9_]*$", name));
        Assert.Equal(("MicroViewAnomaly", "warning"), (labels["alertname"], labels["severity"]));
        Assert.Equal(("Forged", "none", "line\n\"two\"", "nine"), (labels["exported_alertname"], labels["exported_severity"], labels["team_name_x"], labels["_9"]));
        Assert.DoesNotContain("empty", labels.Keys);
    }

    [Fact]
    public async Task A_collector_that_stops_leaves_what_fires_to_end_by_itself()
    {
        await using var receiver = new ReceiverStub();
        await using (var actions = await StartAsync(To(receiver.Address)))
        {
            Break(await actions.WatchedAsync("cart-1"));
            await UntilAsync(() => receiver.Alerts.Count >= 1, "the alert");
        }
        var last = receiver.Alerts[^1];
        Assert.True(Time(last, "endsAt") - Time(last, "startsAt") > TimeSpan.FromSeconds(2)); // four intervals, and no end
    }

    [Theory]
    [InlineData("ftp://a", null, "--alertmanager")]
    [InlineData("http://user:secret@a", null, "--alertmanager-token-file")]
    [InlineData("http://a/?x=1", null, "--alertmanager")]
    [InlineData("http://a", "/no/such/file", "cannot read the token file /no/such/file")]
    [InlineData(null, "/no/such/file", "--alertmanager-token-file is for --alertmanager")]
    public void What_cannot_work_is_refused_in_one_line(string? address, string? token, string expected)
    {
        var options = new AlertOptions { Receivers = address is null ? [] : [new(address)], TokenFile = token };
        var problems = string.Join('\n', (CollectorScene.Quick with { Actions = new() { Alerts = options } }).Problems());
        Assert.Contains(expected, problems, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", problems, StringComparison.Ordinal);
    }

    private static double Number(JsonElement annotations, string name) => double.Parse(annotations.GetProperty(name).GetString()!, CultureInfo.InvariantCulture);

    private static string Series(string name, ReceiverStub receiver) => $"microview_alertmanager_{name}{{receiver=\"{receiver.Address}\"}}";

    private static Uri ClosedPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
    }
}

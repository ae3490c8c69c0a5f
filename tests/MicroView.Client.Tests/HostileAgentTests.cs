using System.Net.Sockets;
using MicroView.Protocol;

namespace MicroView.Client.Tests;

/// <summary>Whatever the agent does, the application counts on and the next good agent is found.</summary>
public sealed class HostileAgentTests : IDisposable
{
    private readonly string _path = TestAgent.NewPath();
    private readonly List<string> _log = [];

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [Theory]
    [InlineData("garbage that is no frame at all")]
    [InlineData("\u0005\0\0\0\0\0MV{nope")]
    [InlineData("\u0002\0\0\0\0\0MV{}")]
    [InlineData("\u0040\0\0\0\0\0MV{\"type\":")] // half a frame, and then the end
    [InlineData("")]
    public void An_agent_that_answers_garbage_is_left_and_a_good_one_found(string answer)
    {
        using var client = Client();
        var counter = client.Counter("c");
        using (var bad = new TestAgent(_path))
        {
            bad.Behave = (channel, _) =>
            {
                channel.Socket.Send(System.Text.Encoding.Latin1.GetBytes(answer));
                channel.Socket.Shutdown(SocketShutdown.Both);
                return Task.FromResult(true);
            };
            TestAgent.Eventually(() => _log.Count > 0, "the problem is told");
            counter.Add(2);
        }
        FoundAgain(counter, 2);
    }

    [Fact]
    public void An_agent_that_stops_half_way_holds_up_no_update_and_no_dispose()
    {
        using var bad = new TestAgent(_path);
        var asked = false;
        bad.Behave = (_, message) => Task.FromResult(asked |= message is DescribeRequest);
        var client = Client();
        var counter = client.Counter("c");
        TestAgent.Eventually(() => asked, "the agent was asked and says nothing");
        for (var i = 0; i < 1000; i++)
            counter.Increment();
        client.Counter("d").Increment();
        client.Dispose();
        Assert.Equal(1000, counter.Value);
    }

    [Theory]
    [InlineData(ErrorCodes.Full)]
    [InlineData(ErrorCodes.PodInUse)]
    public void A_refusal_is_told_once_and_asked_again_more_and_more_slowly(string code)
    {
        using var client = Client();
        var counter = client.Counter("c");
        counter.Add(3);
        using (var bad = new TestAgent(_path))
        {
            bad.Behave = async (channel, _) =>
            {
                await channel.SendAsync(new ErrorReply(code, "no"));
                return true;
            };
            TestAgent.Eventually(() => bad.Connections >= 3, "it asks again");
        }
        Assert.Single(_log, line => line.Contains(code, StringComparison.Ordinal));
        FoundAgain(counter, 3);
    }

    [Fact]
    public void Rejected_slots_are_counted_and_their_metrics_work_on()
    {
        using var agent = new TestAgent(_path);
        agent.Behave = async (channel, message) =>
        {
            if (message is not DescribeRequest describe)
                return false;
            await channel.SendAsync(new DescribedReply(describe.FirstSlot + describe.Descriptors.Count, [new(describe.FirstSlot, "I do not like it")]));
            return true;
        };
        using var client = Client();
        var counter = client.Counter("c");
        TestAgent.Eventually(() => client.RejectedSlots == 1, "counted");
        counter.Increment();
        Assert.Equal(1, counter.Value);
        Assert.Contains(_log, line => line.Contains("I do not like it", StringComparison.Ordinal));
    }

    [Fact]
    public void A_file_in_the_agents_place_is_survived()
    {
        File.WriteAllText(_path, "not a socket");
        using var client = Client();
        var counter = client.Counter("c");
        TestAgent.Eventually(() => _log.Count > 0, "the problem is told");
        counter.Add(1);
        FoundAgain(counter, 1);
    }

    [Fact]
    public void A_throwing_log_stops_nothing()
    {
        using var client = new MicroViewClient(new() { SocketPath = _path, RetryMs = 20, Log = _ => throw new InvalidOperationException("no log today") });
        client.Counter("").Add(1);
        Assert.Equal(1, client.InertMetrics);
        FoundAgain(client.Counter("c"), 0);
    }

    private void FoundAgain(Counter counter, double before)
    {
        counter.Add(1);
        using var good = new TestAgent(_path);
        TestAgent.Eventually(() => good.Last?.Value("c") == before + 1, "a good agent gets everything");
    }

    private MicroViewClient Client() => new(new()
    {
        SocketPath = _path, Pod = "pod", RetryMs = 20,
        Log = line =>
        {
            lock (_log)
                _log.Add(line);
        },
    });
}

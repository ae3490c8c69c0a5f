using System.Diagnostics;

namespace MicroView.Host.Tests;

public sealed class ReaderLeasesTests
{
    [Fact]
    public async Task However_many_ask_at_once_a_name_has_one_lease()
    {
        for (var round = 0; round < 200; round++)
        {
            var leases = new ReaderLeases(TimeSpan.FromMinutes(10));
            using var start = new Barrier(4);
            var touched = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            {
                start.SignalAndWait(TestContext.Current.CancellationToken);
                return leases.Touch("http:nic", 0, 5)!;
            })));
            Assert.Single(touched.Distinct()); // a second one would end the first, and what it holds
            Assert.True(leases.IsOpen(touched[0]));
        }
    }

    [Fact]
    public async Task A_lease_that_has_ended_is_never_revived()
    {
        var leases = new ReaderLeases(TimeSpan.FromMilliseconds(50));
        var first = leases.Touch("http:nic", 0, 3)!;
        await TestAgent.Eventually(() => !leases.IsOpen(first), "the lease ends");
        Assert.Null(leases.Touch("http:nic", 3, 9)); // who still works by what it knew must begin again
        Assert.Equal(0, leases.Count);
        var second = leases.Touch("http:nic", 0, 9)!;
        Assert.NotSame(first, second);
        Assert.False(leases.IsOpen(first));
        Assert.Equal(9ul, second.Acknowledged); // it cannot have seen what had gone before
    }

    [Fact]
    public void The_time_in_which_the_agent_itself_stood_still_ends_no_lease()
    {
        var now = 0L;
        var leases = new ReaderLeases(TimeSpan.FromSeconds(2), () => now);
        var lease = leases.Touch("http:nic", 0, 5)!;
        now += Stopwatch.Frequency * 3600; // stopped, or its machine was
        Assert.True(leases.IsOpen(lease));
        Assert.Equal(5ul, leases.OldestAcknowledged());
        for (var i = 0; i < 25 && leases.IsOpen(lease); i++)
        {
            now += Stopwatch.Frequency / 10;
            leases.Listen();
        }
        Assert.False(leases.IsOpen(lease)); // it runs again, and the reader is silent
        Assert.Null(leases.Find("http:nic"));
        Assert.InRange(now, Stopwatch.Frequency * 3601, Stopwatch.Frequency * 3603);
    }

    [Fact]
    public void Looking_for_a_lease_neither_opens_nor_renews_it()
    {
        var now = 0L;
        var leases = new ReaderLeases(TimeSpan.FromSeconds(2), () => now);
        Assert.Null(leases.Find("http:nic"));
        var lease = leases.Touch("http:nic", 0, 5)!;
        for (var i = 0; i < 19; i++)
        {
            now += Stopwatch.Frequency / 10;
            Assert.Same(lease, leases.Find("http:nic"));
        }
        now += Stopwatch.Frequency / 5;
        Assert.Null(leases.Find("http:nic"));
        leases.Open("nic", 5, () => { });
        Assert.Null(leases.Find("nic")); // a session on the socket is no lease over HTTP
    }

    [Fact]
    public void A_generation_that_was_never_told_acknowledges_nothing()
    {
        var leases = new ReaderLeases(TimeSpan.FromMinutes(10));
        leases.Touch("http:nic", 0, 5);
        leases.Touch("http:nic", 1_000_000, 9);
        Assert.Equal(5ul, leases.OldestAcknowledged());
        leases.Touch("http:nic", 9, 9);
        Assert.Equal(9ul, leases.OldestAcknowledged());
        leases.Touch("http:nic", 0, 9); // what only renews takes nothing back
        Assert.Equal(9ul, leases.OldestAcknowledged());
    }

    [Fact]
    public void Only_those_that_are_behind_lose_their_lease()
    {
        var leases = new ReaderLeases(TimeSpan.FromMinutes(10));
        var behind = leases.Open("behind", 4, () => { });
        var current = leases.Touch("http:current", 0, 7)!;
        Assert.Equal([behind], leases.EndBehind(7));
        Assert.Equal((false, true), (leases.IsOpen(behind), leases.IsOpen(current)));
        Assert.Empty(leases.EndBehind(7));
    }

    [Fact]
    public void Ending_a_name_over_http_leaves_a_session_on_the_socket_alone()
    {
        var leases = new ReaderLeases(TimeSpan.FromMinutes(10));
        var session = leases.Open("http:nic", 1, () => { });
        leases.End("http:nic");
        Assert.True(leases.IsOpen(session));
    }

    [Fact]
    public void Who_waits_for_an_answer_over_a_connection_keeps_its_lease_and_who_has_it_must_be_heard_of_again()
    {
        var now = 0L;
        var leases = new ReaderLeases(TimeSpan.FromSeconds(2), () => now);
        void Pass(double seconds)
        {
            for (var end = now + (long)(seconds * Stopwatch.Frequency); now < end;)
            {
                now += Stopwatch.Frequency / 10;
                leases.Listen();
            }
        }

        var lease = leases.Open("nic", 5, () => { });
        leases.Wait(lease);
        leases.Wait(lease);
        Pass(30);
        Assert.True(leases.IsOpen(lease));
        leases.Answer(lease);
        Pass(30);
        Assert.True(leases.IsOpen(lease)); // another question is still open
        leases.Answer(lease);
        Pass(1.5);
        Assert.Equal(5ul, leases.OldestAcknowledged());
        Pass(1);
        Assert.False(leases.IsOpen(lease)); // told of a change, and silent since: it holds up nothing any more
        Assert.Equal(ulong.MaxValue, leases.OldestAcknowledged());
    }
}

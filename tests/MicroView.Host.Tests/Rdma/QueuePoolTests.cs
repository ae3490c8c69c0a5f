using Microsoft.Extensions.Logging;
using MicroView.Protocol;
using MicroView.Verbs;

namespace MicroView.Host.Tests;

public sealed class QueuePoolTests : IDisposable
{
    private readonly TestRdma _device = new();
    private readonly ReaderLeases _leases = new(TimeSpan.FromMinutes(10));
    private readonly LogKeeper _log = new();

    public void Dispose() => _log.Dispose();

    private QueuePool NewPool(int queues)
    {
        for (var i = 0; i < queues; i++)
            _device.Queues.Add(new(_device, i));
        return new(_device.Queues, _leases, _log);
    }

    private QueueOwner Lease(string name) => new("http:" + name, _leases.Touch("http:" + name, 0, 1));

    private static QueueOwner Address(string address) => new(address, null);

    private static QueuePairEnd[] Ends(params int?[] indices) =>
        Array.ConvertAll(indices, index => new QueuePairEnd(7, "::ffff:10.9.0.2") { Index = index });

    private static int?[] IndicesOf(ConnectReply reply) => [.. reply.Results.Select(result => result.QueuePair?.Index)];

    [Fact]
    public void A_lease_gets_those_it_holds_and_then_free_ones()
    {
        var pool = NewPool(3);
        Assert.Equal([0], IndicesOf(pool.Connect(Ends((int?)null), Lease("a"))));
        Assert.Equal([1], IndicesOf(pool.Connect(Ends((int?)null), Lease("b"))));
        var again = pool.Connect(Ends(null, null), Lease("a"));
        Assert.Equal(("success", 2, 2), (again.Status, again.Connected, again.Total));
        Assert.Equal([0, 2], IndicesOf(again));
        Assert.Equal((3, 4L), (pool.InUse, pool.Connects));
        Assert.Equal([true, true, true], pool.Describe().Select(end => end.InUse));
        Assert.Equal("rts", pool.Describe(1).State);
    }

    [Fact]
    public void Without_a_free_one_the_answer_says_who_holds_them()
    {
        var pool = NewPool(2);
        pool.Connect(Ends(null, null), Lease("first"));
        var reply = pool.Connect(Ends(null, null), Lease("second"));
        Assert.Equal(("failed", 0, 2), (reply.Status, reply.Connected, reply.Total));
        Assert.All(reply.Results, result => Assert.Contains("'http:first'", result.Error, StringComparison.Ordinal));
        Assert.Equal(2, _device.Journal.Count); // the first one's connects: nothing was touched
    }

    [Fact]
    public void What_is_left_is_given_and_the_answer_is_partial_in_the_order_of_the_request()
    {
        var pool = NewPool(2);
        pool.Connect(Ends(0), Lease("other"));
        var reply = pool.Connect(Ends(0, null, null), Lease("mine"));
        Assert.Equal(("partial", 1, 3), (reply.Status, reply.Connected, reply.Total));
        Assert.Equal([null, 1, null], IndicesOf(reply));
        Assert.Equal(["failed", "connected", "failed"], reply.Results.Select(result => result.Status));
    }

    [Fact]
    public void An_index_means_that_one_and_no_other()
    {
        var pool = NewPool(2);
        pool.Connect(Ends(1), Lease("a"));
        Assert.Contains("queue pair 1 is in use by 'http:a'", pool.Connect(Ends(1), Lease("b")).Results[0].Error, StringComparison.Ordinal);
        Assert.Equal([1], IndicesOf(pool.Connect(Ends(1), Lease("a"))));
        Assert.Contains("there is no queue pair 2", pool.Connect(Ends(2), Lease("a")).Results[0].Error, StringComparison.Ordinal);
        Assert.Contains("there is no queue pair -1", pool.Connect(Ends(-1), Lease("a")).Results[0].Error, StringComparison.Ordinal);
        Assert.Equal(1, pool.InUse);
    }

    [Fact]
    public void Ends_that_name_an_index_are_served_before_those_that_take_any()
    {
        var pool = NewPool(2);
        Assert.Equal([1, 0], IndicesOf(pool.Connect(Ends(null, 0), Lease("a"))));
        var twice = pool.Connect(Ends(0, 0), Lease("a"));
        Assert.Equal([0, null], IndicesOf(twice));
        Assert.Contains("name each once", twice.Results[1].Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(QueuePairState.Error)]
    [InlineData(QueuePairState.ReadyToSend)]
    [InlineData(QueuePairState.ReadyToReceive)]
    public void The_same_lease_replaces_its_own_whatever_its_state(QueuePairState state)
    {
        var pool = NewPool(1);
        pool.Connect(Ends((int?)null), Lease("a"));
        _device.Queues[0].Now = state;
        var reply = pool.Connect([new(99, "::ffff:10.9.0.3")], Lease("a"));
        Assert.Equal("rts", reply.Results[0].QueuePair!.State);
        Assert.Equal([7u, 99u], _device.Queues[0].Peers.Select(peer => peer.QpNum));
    }

    [Fact]
    public void The_queue_pairs_of_an_ended_lease_are_reset_and_free()
    {
        var pool = NewPool(2);
        pool.Connect(Ends(null, null), Lease("dead"));
        _leases.End("http:dead");
        Assert.Equal([0, 1], IndicesOf(pool.Connect(Ends(null, null), Lease("next"))));
        Assert.Equal(["connect 0", "connect 1", "reset 0", "reset 1", "connect 0", "connect 1"], _device.Journal);
        _leases.End("http:next");
        pool.ResetEnded();
        Assert.Equal(0, pool.InUse);
        Assert.Equal(2, pool.CountOf("reset"));
    }

    [Fact]
    public void A_lease_that_comes_back_under_its_name_does_not_inherit_what_was_reset()
    {
        var pool = NewPool(1);
        pool.Connect(Ends((int?)null), Lease("a"));
        _leases.End("http:a");
        pool.Connect(Ends((int?)null), Lease("a"));
        Assert.Equal(["connect 0", "reset 0", "connect 0"], _device.Journal);
        pool.ResetEnded();
        Assert.Equal(1, pool.InUse);
    }

    [Fact]
    public void Without_a_lease_the_address_owns_and_an_error_frees()
    {
        var pool = NewPool(2);
        pool.Connect(Ends((int?)null), Address("10.9.0.2"));
        Assert.Equal([0], IndicesOf(pool.Connect(Ends((int?)null), Address("10.9.0.2")))); // its own again
        Assert.Contains("'10.9.0.2'", pool.Connect(Ends(0), Address("10.9.0.3")).Results[0].Error, StringComparison.Ordinal);
        pool.ResetEnded();
        Assert.Equal(1, pool.InUse); // there is no lease that ends
        _device.Queues[0].Now = QueuePairState.Error;
        pool.Inspect();
        Assert.Equal((0, QueuePairState.Reset), (pool.InUse, _device.Queues[0].Now));
        pool.Connect(Ends((int?)null), Address("10.9.0.2"));
        pool.Leave("10.9.0.2");
        Assert.Equal(0, pool.InUse);
    }

    [Fact]
    public void An_error_of_a_lease_is_told_once_and_leaves_the_queue_pair_to_it()
    {
        var pool = NewPool(1);
        pool.Connect(Ends((int?)null), Lease("a"));
        _device.Queues[0].Now = QueuePairState.Error;
        for (var i = 0; i < 3; i++)
            pool.Inspect();
        Assert.Equal((1L, 1, 1), (pool.Errors, pool.InUse, _log.Count("QP 1000 of 'http:a' is in error")));
        Assert.Equal((1, 0), (pool.CountOf("error"), pool.CountOf("rts")));
        pool.Connect(Ends((int?)null), Lease("a"));
        pool.Inspect();
        _device.Queues[0].Now = QueuePairState.Error;
        pool.Inspect();
        Assert.Equal((2L, 2), (pool.Errors, _log.Count("is in error"))); // the next one is another
    }

    [Fact]
    public void A_device_that_does_not_tell_a_state_is_reported_once()
    {
        var pool = NewPool(1);
        pool.Connect(Ends((int?)null), Lease("a"));
        _device.Queues[0].Mute = "the device is gone";
        for (var i = 0; i < 3; i++)
            pool.Inspect();
        Assert.Equal((1, 1), (_log.Count("the device is gone"), pool.InUse));
    }

    [Fact]
    public void A_refused_connect_frees_the_queue_pair_and_is_not_tried_again_for_the_same_peer()
    {
        var pool = NewPool(3);
        foreach (var queue in _device.Queues)
            queue.Connecting = () => throw new IOException("no route to ::ffff:10.9.0.2");
        var reply = pool.Connect(Ends(null, null, null), Lease("a"));
        Assert.Equal(("failed", 0, 3), (reply.Status, reply.Connected, reply.Total));
        Assert.All(reply.Results, result => Assert.Contains("no route", result.Error, StringComparison.Ordinal));
        Assert.Equal(1, _device.Queues.Sum(queue => queue.Peers.Count)); // a second of waiting, not three
        Assert.Equal((0, 0L), (pool.InUse, pool.Connects));
        Assert.All(_device.Queues, queue => Assert.Equal(QueuePairState.Reset, queue.Now));
    }

    [Fact]
    public async Task A_connect_that_waits_for_the_network_holds_up_nothing_else()
    {
        var pool = NewPool(3);
        pool.Connect(Ends(2), Lease("ended"));
        using var entered = new ManualResetEventSlim();
        using var answer = new ManualResetEventSlim();
        _device.Queues[0].Connecting = () =>
        {
            entered.Set();
            answer.Wait(TestContext.Current.CancellationToken);
        };
        var slow = Task.Run(() => pool.Connect(Ends(0), Lease("slow")), TestContext.Current.CancellationToken);
        entered.Wait(TestContext.Current.CancellationToken);
        // On this thread: were one of them to wait for the connect, this test would never end.
        _leases.End("http:ended");
        pool.ResetEnded();
        pool.Inspect();
        Assert.Equal(("init", true), (pool.Describe(0).State, pool.Describe(0).InUse!.Value));
        Assert.Equal([1], IndicesOf(pool.Connect(Ends((int?)null), Lease("other"))));
        Assert.Contains("is being connected already", pool.Connect(Ends(0), Lease("slow")).Results[0].Error, StringComparison.Ordinal);
        Assert.Equal(2, pool.InUse);
        answer.Set();
        Assert.Equal([0], IndicesOf(await slow));
    }

    [Fact]
    public void A_lease_that_ends_while_it_is_connected_gets_nothing()
    {
        var pool = NewPool(1);
        _device.Queues[0].Connecting = () =>
        {
            _leases.End("http:a");
            pool.ResetEnded(); // it is its connector's to reset
        };
        var reply = pool.Connect(Ends((int?)null), Lease("a"));
        Assert.Contains("the lease has ended meanwhile", reply.Results[0].Error, StringComparison.Ordinal);
        Assert.Equal(["connect 0", "reset 0"], _device.Journal);
        Assert.Equal(0, pool.InUse);
    }

    [Fact]
    public void A_connect_is_logged_with_number_and_gid_and_the_word()
    {
        var pool = NewPool(1);
        pool.Connect([new(4711, "::ffff:10.9.0.2")], Lease("nic"));
        var (level, line) = Assert.Single(_log.Lines);
        Assert.Equal(LogLevel.Information, level);
        Assert.All(["1000", "0000:0000:0000:0000:0000:ffff:0a09:0001", "connected", "'http:nic'", "4711"], word => Assert.Contains(word, line, StringComparison.Ordinal));
    }

    [Fact]
    public void Disposing_gives_every_queue_pair_back_to_the_device()
    {
        NewPool(3).Dispose();
        Assert.All(_device.Queues, queue => Assert.True(queue.IsDisposed));
    }
}

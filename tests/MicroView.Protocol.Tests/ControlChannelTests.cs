using CsCheck;

namespace MicroView.Protocol.Tests;

public sealed class ControlChannelTests
{
    [Fact]
    public void An_agent_of_another_user_under_tmp_is_not_trusted()
    {
        var own = Machine.UserId;
        var last = $"/tmp/microview-{own}/agent.sock";
        Assert.True(AgentAddress.IsForeign(last, own + 1));
        Assert.False(AgentAddress.IsForeign(last, own) || AgentAddress.IsForeign(last, 0));
        Assert.False(AgentAddress.IsForeign("/run/microview/agent.sock", own + 1));
    }

    [Fact]
    public async Task Messages_and_descriptors_arrive_in_order()
    {
        using var pair = new ChannelPair();
        using var other = new ControlChannel(pair.Peer);
        using var page = PageObject.Create("passed", new(8192, 2));
        page.Cell(3).Store(42);
        await pair.Channel.SendAsync(new AttachRequest("pod", new(0, 8192, 2, page.Epoch)), [page.File]);
        await pair.Channel.SendAsync(new DetachRequest());
        var first = await other.ReceiveAsync();
        var file = Assert.Single(first!.Files);
        Assert.Equal("pod", Assert.IsType<AttachRequest>(first.Message).Pod);
        Assert.True(MemoryFile.IsTrustworthy(file, 8192, out var problem), problem);
        var mapped = PageObject.Map(file, page.Geometry, page.Epoch);
        Assert.Equal(42, mapped.Sum(3));
        mapped.Unmap();
        var second = await other.ReceiveAsync();
        Assert.IsType<DetachRequest>(second!.Message);
        Assert.Empty(second.Files);
    }

    [Fact]
    public async Task As_many_descriptors_as_a_frame_takes_arrive_and_one_more_is_refused()
    {
        using var pair = new ChannelPair();
        using var other = new ControlChannel(pair.Peer);
        using var page = PageObject.Create("many", new(8192, 1));
        var files = Enumerable.Repeat(page.File, ControlChannel.MaxFiles).ToArray();
        await pair.Channel.SendAsync(new OkReply(), files);
        var received = await other.ReceiveAsync();
        Assert.Equal(ControlChannel.MaxFiles, received!.Files.Count);
        received.CloseFiles();
        await Assert.ThrowsAsync<ControlProtocolException>(async () => await pair.Channel.SendAsync(new OkReply(), [.. files, page.File]));
    }

    [Fact]
    public async Task A_closed_descriptor_is_never_passed_under_its_old_number()
    {
        using var pair = new ChannelPair();
        var page = PageObject.Create("closed", new(8192, 1));
        using var open = PageObject.Create("open", new(8192, 1));
        page.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await pair.Channel.SendAsync(new OkReply(), [open.File, page.File]));
        Assert.Equal(0, pair.Peer.Available);
    }

    [Fact]
    public async Task A_large_message_crosses_whole_in_both_ways_of_sending()
    {
        using var pair = new ChannelPair();
        using var other = new ControlChannel(pair.Peer);
        var message = new DescribeRequest(0, [.. Enumerable.Range(0, 4096).Select(i => new SlotDescriptor { Name = new string('n', 150) + i })]);
        var sending = Task.Run(async () =>
        {
            await pair.Channel.SendAsync(message);
            pair.Channel.Send(message, null, 30_000);
        });
        Assert.Equal(4096, ((DescribeRequest)(await other.ReceiveAsync())!.Message).Descriptors.Count);
        Assert.Equal(4096, ((DescribeRequest)other.Receive(30_000)!.Message).Descriptors.Count);
        await sending;
        var tooLarge = new DescribeRequest(0, [new() { Name = new string('n', ControlChannel.MaxFrame) }]);
        await Assert.ThrowsAsync<ControlProtocolException>(async () => await pair.Channel.SendAsync(tooLarge));
    }

    [Fact]
    public async Task A_connection_holds_what_came_not_what_a_header_claims_and_gives_it_back()
    {
        using var pair = new ChannelPair();
        pair.Peer.Send(ChannelPair.Frame("{", length: ControlChannel.MaxFrame));
        using var patience = new CancellationTokenSource(200);
        await Assert.ThrowsAnyAsync<Exception>(async () => await pair.Channel.ReceiveAsync(patience.Token));
        Assert.InRange(pair.Channel.HeldBytes, 1, 64 * 1024);

        using var large = new ChannelPair();
        var sending = Task.Run(() => large.Peer.Send(ChannelPair.Frame($$"""{"type":"error","code":"x","message":"{{new string('m', 500_000)}}"}""")));
        Assert.NotNull(await large.Channel.ReceiveAsync(TestContext.Current.CancellationToken));
        await sending;
        Assert.InRange(large.Channel.HeldBytes, 500_000, 2_000_000);
        large.Peer.Send(ChannelPair.Frame("""{"type":"ok"}"""));
        Assert.IsType<OkReply>((await large.Channel.ReceiveAsync(TestContext.Current.CancellationToken))!.Message);
        Assert.InRange(large.Channel.HeldBytes, 1, 64 * 1024);
    }

    [Fact]
    public void A_peer_that_neither_reads_nor_writes_is_given_up()
    {
        using var pair = new ChannelPair();
        Assert.Throws<IOException>(() => pair.Channel.Receive(20));
        var message = new DescribeRequest(0, [new() { Name = new string('n', 500_000) }]);
        Assert.Throws<IOException>(() =>
        {
            for (var i = 0; i < 100; i++)
                pair.Channel.Send(message, null, 20);
        });
    }

    [Fact]
    public void Waiting_ends_by_input_by_a_wake_and_by_time()
    {
        using var pair = new ChannelPair();
        using var wake = new WakeSignal();
        Assert.False(pair.Channel.WaitForInput(wake, 1));
        wake.Set();
        wake.Set();
        Assert.False(pair.Channel.WaitForInput(wake, Timeout.Infinite)); // returns at all: it was woken
        Assert.False(pair.Channel.WaitForInput(wake, 1)); // and is reset
        pair.Peer.Send(ChannelPair.Frame("""{"type":"ok"}"""));
        Assert.True(pair.Channel.WaitForInput(wake, Timeout.Infinite));
        wake.Dispose();
        wake.Set();
    }

    public static TheoryData<string, byte[]> HostileFrames => new()
    {
        { "not a MicroView frame", "GET / HTTP/1.1\r\n\r\n"u8.ToArray() },
        { "not a MicroView frame", ChannelPair.Frame("{}", mark: 0x1234) },
        { "at most", ChannelPair.Frame("{}", length: ControlChannel.MaxFrame + 1) },
        { "at most", ChannelPair.Frame("{}", length: -1) },
        { "at most", ChannelPair.Frame("{}", length: int.MinValue) },
        { "at most", ChannelPair.Frame("", length: 0) },
        { "at most", ChannelPair.Frame("""{"type":"ok"}""", files: 251) },
        { "announces 3 descriptors", ChannelPair.Frame("""{"type":"ok"}""", files: 3) },
        { "inside a frame", ChannelPair.Frame("""{"type":"ok"}""", length: 500) },
        { "inside a frame", [1, 2, 3] },
        { "not one of the control plane's", ChannelPair.Frame("""{"type":"no_such_thing"}""") },
        { "not one of the control plane's", ChannelPair.Frame("{}") },
        { "not one of the control plane's", ChannelPair.Frame("""{"type":"attach"}""") },
        { "not one of the control plane's", ChannelPair.Frame("""{"type":"attach","pod":null,"object":{"index":0,"capacity":1,"stripes":1,"epoch":1}}""") },
        { "not one of the control plane's", ChannelPair.Frame("""{"type":"attach","pod":7,"object":{"index":0,"capacity":1,"stripes":1,"epoch":1}}""") },
        { "not one of the control plane's", ChannelPair.Frame("""{"type":"attach","pod":"p","object":{"index":0,"capacity":99999999999,"stripes":1,"epoch":1}}""") },
        { "not one of the control plane's", ChannelPair.Frame("""{"type":"describe","first_slot":0,"descriptors":[{"type":"counter"}]}""") },
        { "not one of the control plane's", ChannelPair.Frame("""{"type":"describe","first_slot":0,"descriptors":[{"name":"a","type":"tune"}]}""") },
        { "not one of the control plane's", ChannelPair.Frame("""{"type":"describe","first_slot":0,"descriptors":[{"name":"a","bound":NaN}]}""") },
        { "not one of the control plane's", ChannelPair.Frame("""{"type":"ok"}{"type":"ok"}""") },
        { "not one of the control plane's", ChannelPair.Frame("""{"type":"ok" """) },
        { "not one of the control plane's", ChannelPair.Frame(new string('[', 500_000)) },
        { "not one of the control plane's", ChannelPair.Frame("""{"type":"retire","slots":""" + new string('[', 100_000)) },
        { "not one of the control plane's", ChannelPair.Frame("\0\0\0") },
        { "null", ChannelPair.Frame("null") },
    };

    [Theory]
    [MemberData(nameof(HostileFrames))]
    public async Task A_hostile_frame_ends_the_connection_with_a_reason(string reason, byte[] bytes)
    {
        using var pair = new ChannelPair();
        var error = await Assert.ThrowsAsync<ControlProtocolException>(() => pair.Drain(bytes));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_count_of_descriptors_sees_a_leak()
    {
        var before = ChannelPair.OpenDescriptors;
        using var page = PageObject.Create("counted", new(8192, 1));
        using var pair = new ChannelPair();
        Assert.Equal(before + 3, ChannelPair.OpenDescriptors);
    }

    [Fact]
    public async Task Descriptors_that_nobody_announced_are_refused_and_closed()
    {
        using var page = PageObject.Create("stowaway", new(8192, 1));
        var before = ChannelPair.OpenDescriptors;
        foreach (var (announced, sent) in new[] { (0, 1), (1, 2), (0, 250) })
        {
            using var pair = new ChannelPair();
            pair.SendWithFiles(ChannelPair.Frame("""{"type":"ok"}""", announced), [.. Enumerable.Repeat(page.File, sent)]);
            await Assert.ThrowsAsync<ControlProtocolException>(async () => await pair.Channel.ReceiveAsync());
        }
        Assert.Equal(before, ChannelPair.OpenDescriptors);
    }

    [Fact]
    public async Task Descriptors_cannot_be_heaped_up_behind_an_unfinished_frame()
    {
        using var page = PageObject.Create("heap", new(8192, 1));
        var before = ChannelPair.OpenDescriptors;
        using (var pair = new ChannelPair())
        {
            var files = Enumerable.Repeat(page.File, 200).ToArray();
            pair.SendWithFiles(ChannelPair.Frame("", 250, length: 1000), files);
            pair.SendWithFiles([1, 2, 3], files);
            var error = await Assert.ThrowsAsync<ControlProtocolException>(async () => await pair.Channel.ReceiveAsync());
            Assert.Contains("more than 250", error.Message, StringComparison.Ordinal);
        }
        Assert.Equal(before, ChannelPair.OpenDescriptors);
    }

    [Fact]
    public async Task A_frame_in_single_bytes_is_a_frame()
    {
        using var pair = new ChannelPair();
        var receiving = pair.Channel.ReceiveAsync();
        foreach (var each in ChannelPair.Frame("""{"slots":[1,2],"type":"retire"}"""))
            pair.Peer.Send([each]);
        Assert.Equal([1, 2], ((RetireRequest)(await receiving)!.Message).Slots);
    }

    [Fact]
    public async Task A_closed_peer_is_an_end_not_an_error()
    {
        using var pair = new ChannelPair();
        pair.Peer.Dispose();
        Assert.Null(await pair.Channel.ReceiveAsync());
        Assert.Null(pair.Channel.Receive(1000));
        await Assert.ThrowsAnyAsync<IOException>(async () => await pair.Channel.SendAsync(new OkReply()));
    }

    /// <summary>Valid frames, damaged: each run ends, in messages or in a protocol error, and leaves no descriptor open.</summary>
    [Fact]
    public void Damaged_streams_never_hang_leak_or_surprise()
    {
        string[] bodies = ["""{"type":"ok"}""", """{"type":"retire","slots":[1]}""", """{"type":"layout","since":3,"timeout_ms":5}""", "{}", "[]"];
        var frame = Gen.Select(Gen.Int[0, bodies.Length - 1], Gen.Int[0, 2]).Select((body, files) => ChannelPair.Frame(bodies[body], files == 2 ? 1 : 0));
        var before = ChannelPair.OpenDescriptors;
        Gen.Select(frame.Array[0, 5], Gen.Select(Gen.Int[0, 200], Gen.Byte).Array[0, 4], Gen.Int[0, 200]).Sample((frames, damage, cut) =>
        {
            byte[] bytes = [.. frames.SelectMany(each => each)];
            foreach (var (at, value) in damage)
                if (at < bytes.Length)
                    bytes[at] = value;
            using var pair = new ChannelPair();
            try
            {
                pair.Drain(bytes[..Math.Min(bytes.Length, cut)]).GetAwaiter().GetResult().ForEach(each => each.CloseFiles());
            }
            catch (ControlProtocolException)
            {
            }
        }, iter: 300, threads: 1);
        Assert.Equal(before, ChannelPair.OpenDescriptors);
    }

    [Fact]
    public async Task Many_connections_leave_nothing_behind()
    {
        using var page = PageObject.Create("leak", new(8192, 1));
        var before = ChannelPair.OpenDescriptors;
        for (var i = 0; i < 200; i++)
        {
            using var pair = new ChannelPair();
            pair.SendWithFiles(ChannelPair.Frame("""{"type":"ok"}""", 1), page.File);
            (await pair.Channel.ReceiveAsync())!.CloseFiles();
            pair.SendWithFiles(ChannelPair.Frame("""{"type":"ok"}""", 1), page.File); // never taken
            using var wake = new WakeSignal();
            Assert.True(pair.Channel.WaitForInput(wake, 1000));
        }
        Assert.Equal(before, ChannelPair.OpenDescriptors);
    }

    [Fact]
    public void The_peer_is_who_the_kernel_says()
    {
        using var pair = new ChannelPair();
        Assert.Equal(PeerCredentials.Own, PeerCredentials.Of(pair.Peer));
        using var process = ProcessHandle.OfPeer(pair.Peer);
        using var exits = new ProcessExits();
        exits.Add(process!);
        Assert.Empty(exits.Exited());
        exits.Remove(process!);
    }
}

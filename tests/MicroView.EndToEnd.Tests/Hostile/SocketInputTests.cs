using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Microsoft.Win32.SafeHandles;
using MicroView.Protocol;

namespace MicroView.EndToEnd.Tests;

[Trait("group", "slow")]
public sealed class SocketInputTests(Scene scene) : IClassFixture<Scene>
{
    private static byte[] Frame(string json, int? length = null, ushort files = 0, ushort mark = 0x564D)
    {
        var body = Encoding.UTF8.GetBytes(json);
        var frame = new byte[8 + body.Length];
        BinaryPrimitives.WriteInt32LittleEndian(frame, length ?? body.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(4), files);
        BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(6), mark);
        body.CopyTo(frame, 8);
        return frame;
    }

    public static TheoryData<string, byte[]> Garbage => new()
    {
        { "HTTP", Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: x\r\n\r\n") },
        { "zeros", new byte[4096] },
        { "noise", [.. Enumerable.Range(0, 4096).Select(i => (byte)(i * 7919 >> 3))] },
        { "a frame of 2 GiB", Frame("{}", int.MaxValue) },
        { "a negative length", Frame("{}", -1) },
        { "a frame of no length", Frame("", 0) },
        { "a wrong mark", Frame("{}", mark: 0x1234) },
        { "JSON that does not parse", Frame("{\"type\":\"attach\"") },
        { "null", Frame("null") },
        { "an unknown message", Frame("{\"type\":\"format_disk\"}") },
        { "no type", Frame("{\"pod\":\"p\"}") },
        { "a nest of brackets", Frame("{\"type\":\"read\",\"name\":" + new string('[', 100_000)) },
        { "attach without its descriptor", Frame("{\"type\":\"attach\",\"pod\":\"p\",\"object\":{\"index\":0,\"capacity\":8192,\"stripes\":1,\"epoch\":1}}") },
        { "attach that announces a descriptor which does not come", Frame("{\"type\":\"attach\",\"pod\":\"p\",\"object\":{\"index\":0,\"capacity\":8192,\"stripes\":1,\"epoch\":1}}", files: 1) },
        { "65535 descriptors announced", Frame("{}", files: ushort.MaxValue) },
        { "describe as the first message", Frame("{\"type\":\"describe\",\"first_slot\":0,\"descriptors\":[]}") },
    };

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task Garbage_is_answered_by_an_error_counted_and_hung_up_on(string what, byte[] bytes)
    {
        var before = await scene.Host.RefusedAsync("protocol");
        using var socket = Connect();
        await socket.SendAsync(bytes, TestContext.Current.CancellationToken);
        Assert.Contains("\"protocol\"", await ReadToEndAsync(socket), StringComparison.Ordinal);
        Assert.False(string.IsNullOrEmpty(what));
        await scene.UnharmedAsync("protocol", before);
    }

    [Fact]
    public async Task Half_a_frame_is_dropped_with_its_connection_and_a_silent_peer_after_its_time()
    {
        var (protocol, silent) = (await scene.Host.RefusedAsync("protocol"), await scene.Host.RefusedAsync("silent"));
        using (var half = Connect())
            await half.SendAsync(Frame("{\"type\":\"read\",\"name\":\"x\"}").AsMemory(0, 12), TestContext.Current.CancellationToken);
        await scene.UnharmedAsync("protocol", protocol);
        using var stuck = Connect();
        using var mute = Connect();
        await stuck.SendAsync(Frame("{\"type\":\"read\",\"name\":\"x\"}").AsMemory(0, 12), TestContext.Current.CancellationToken);
        Assert.Contains("no message within", await ReadToEndAsync(mute), StringComparison.Ordinal);
        Assert.Contains("no message within", await ReadToEndAsync(stuck), StringComparison.Ordinal);
        await scene.UnharmedAsync("silent", silent + 1);
    }

    [Fact]
    public async Task A_flood_of_descriptors_leaves_none_behind()
    {
        var before = ProcessFacts.Of(scene.Host.Process.Id).Descriptors;
        for (var round = 0; round < 40; round++)
        {
            using var raw = RawPod.Connect(scene.Host.Socket);
            var files = Enumerable.Repeat(raw.Page.File, 250).ToArray();
            try
            {
                await raw.Channel.SendAsync(new ReadRequest("flood"), files, TestContext.Current.CancellationToken);
                await raw.Channel.SendAsync(new AttachRequest("flood", raw.Layout), files, TestContext.Current.CancellationToken);
            }
            catch (IOException)
            {
                // it has hung up already
            }
        }
        await Soon.UntilAsync(() => ProcessFacts.Of(scene.Host.Process.Id).Descriptors <= before + 10, "all 10,000 to 20,000 closed again");
        await scene.UnharmedAsync("protocol");
    }

    [Fact]
    public async Task Names_and_descriptors_that_break_a_rule_are_refused_one_by_one()
    {
        using (var raw = RawPod.Connect(scene.Host.Socket))
            Assert.IsType<ErrorReply>(await raw.AskAsync(new AttachRequest(new string('p', 1_000_000), raw.Layout), raw.Page));
        await scene.UnharmedAsync("invalid");
        using var pod = await RawPod.AttachAsync(scene.Host.Socket, "mixed", "good");
        var before = await scene.Host.RefusedAsync("descriptor");
        string[] names = ["", "a\nb", "a\0b", new string('n', 256), new string('x', 900_000), "good", "fine \"quoted\""];
        var reply = Assert.IsType<DescribedReply>(await pod.AskAsync(new DescribeRequest(1, [.. names.Select(name => new SlotDescriptor { Name = name, Type = MetricType.Gauge })])));
        Assert.Equal(8, reply.Slots);
        Assert.Equal([1, 2, 3, 4, 5, 6], reply.Rejected!.Select(rejected => rejected.Slot)); // "good" is there already
        pod.Store(0, 1);
        pod.Store(7, 2);
        await scene.Nic.UntilAsync(scrape => scrape.Of("good", "mixed") == 1 && scrape.OfPod("mixed").Any(name => name.StartsWith("fine", StringComparison.Ordinal)), "the good ones");
        await scene.UnharmedAsync("descriptor", before + 5);
    }

    [Fact]
    public async Task Objects_that_cannot_be_trusted_are_refused()
    {
        var before = await scene.Host.RefusedAsync("untrusted");
        var objects = new (string What, Func<SafeFileHandle> File)[]
        {
            ("a file", () => File.OpenHandle(scene.Host.Folder.File("agent.sock") + ".txt", FileMode.Create, FileAccess.ReadWrite)),
            ("/dev/zero", () => File.OpenHandle("/dev/zero")),
            ("another's program", () => File.OpenHandle("/bin/sh")),
        };
        foreach (var (what, open) in objects)
        {
            using var raw = RawPod.Connect(scene.Host.Socket);
            using var file = open();
            await raw.Channel.SendAsync(new AttachRequest("untrusted", raw.Layout), [file], TestContext.Current.CancellationToken);
            Assert.True(await raw.ReceiveAsync() is ErrorReply { Code: ErrorCodes.Invalid }, what);
        }
        using (var lying = RawPod.Connect(scene.Host.Socket)) // sealed, but not of the size or the epoch that is announced
        {
            Assert.IsType<ErrorReply>(await lying.AskAsync(new AttachRequest("untrusted", lying.Layout with { Capacity = 1 << 20 }), lying.Page));
        }
        using (var lying = RawPod.Connect(scene.Host.Socket))
            Assert.IsType<ErrorReply>(await lying.AskAsync(new AttachRequest("untrusted", lying.Layout with { Epoch = 5 }), lying.Page));
        File.Delete(scene.Host.Folder.File("agent.sock") + ".txt");
        await scene.UnharmedAsync("untrusted", before + 4);
    }

    private Socket Connect()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(scene.Host.Socket));
        return socket;
    }

    private static async Task<string> ReadToEndAsync(Socket socket)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken).AsTask().WaitAsync(Microview.Deadline, TestContext.Current.CancellationToken) is var count and > 0)
                text.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }
        catch (SocketException)
        {
            // hung up while our bytes were unread
        }
        return text.ToString();
    }
}

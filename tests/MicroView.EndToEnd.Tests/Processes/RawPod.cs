using MicroView.Protocol;

namespace MicroView.EndToEnd.Tests;

/// <summary>A socket client of this process, message by message.</summary>
internal sealed class RawPod : IDisposable
{
    private static readonly SlotGeometry s_geometry = new(16 * 1024, 1);
    private readonly PageObject _page = PageObject.Create("raw", s_geometry);

    private RawPod(string socket) => Channel = ControlChannel.Connect(socket);

    public ControlChannel Channel { get; }

    public PageObject Page => _page;

    public ObjectLayout Layout => new(0, s_geometry.Capacity, s_geometry.Stripes, _page.Epoch);

    public static RawPod Connect(string socket) => new(socket);

    /// <summary>A pod with gauges of these names.</summary>
    public static async Task<RawPod> AttachAsync(string socket, string pod, params string[] names)
    {
        var raw = new RawPod(socket);
        Assert.IsType<AttachedReply>(await raw.AskAsync(new AttachRequest(pod, raw.Layout), raw.Page));
        Assert.IsType<DescribedReply>(await raw.AskAsync(new DescribeRequest(0, [.. names.Select(name => new SlotDescriptor { Name = name, Type = MetricType.Gauge })])));
        return raw;
    }

    public void Store(int slot, double value) => _page.Cell(slot).Store(value);

    /// <summary>Sends a message, with an object's file where one belongs to it, and answers what came back; null: the agent closed.</summary>
    public async Task<ControlMessage?> AskAsync(ControlMessage message, PageObject? file = null)
    {
        await Channel.SendAsync(message, file is null ? null : [file.File], TestContext.Current.CancellationToken);
        return await ReceiveAsync();
    }

    public async Task<ControlMessage?> ReceiveAsync()
    {
        var received = await Channel.ReceiveAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Microview.Deadline, TestContext.Current.CancellationToken);
        received?.CloseFiles();
        return received?.Message;
    }

    public void Dispose()
    {
        Channel.Dispose();
        _page.Unmap();
        _page.Dispose();
    }
}

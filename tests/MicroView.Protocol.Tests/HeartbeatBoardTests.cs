namespace MicroView.Protocol.Tests;

public sealed class HeartbeatBoardTests
{
    [Fact]
    public void A_beat_reaches_what_is_on_the_board_and_nothing_else()
    {
        var board = new HeartbeatBoard();
        var pages = Enumerable.Range(0, 40).Select(i => PageObject.Create($"p{i}", new(8192, 1))).ToArray();
        foreach (var page in pages)
            board.Add(page);
        board.Add(pages[0]);
        board.Beat(1);
        Assert.All(pages, page => Assert.Equal(1ul, page.Heartbeat));
        for (var i = 0; i < pages.Length; i += 3)
            board.Remove(pages[i]);
        board.Remove(pages[0]);
        board.Beat(2);
        Assert.All(pages.Index(), page => Assert.Equal(page.Index % 3 == 0 ? 1ul : 2, page.Item.Heartbeat));
        board.Add(pages[0]);
        board.Beat(3);
        Assert.Equal(3ul, pages[0].Heartbeat);
        foreach (var page in pages)
        {
            board.Remove(page);
            page.Unmap();
        }
        board.Beat(4);
    }

    [Fact]
    public async Task Objects_come_and_go_while_it_beats()
    {
        var board = new HeartbeatBoard();
        using var stop = new CancellationTokenSource();
        var beating = Task.Run(() =>
        {
            for (var beat = 1ul; !stop.IsCancellationRequested; beat++)
                board.Beat(beat);
        });
        Parallel.For(0, 4, worker =>
        {
            for (var i = 0; i < 500; i++)
            {
                var page = PageObject.Create($"w{worker}", new(8192, 1));
                board.Add(page);
                if (i % 7 == 0)
                    SpinWait.SpinUntil(() => page.Heartbeat != 0);
                board.Remove(page);
                page.Unmap(); // a beat after this would be a fault
            }
        });
        await stop.CancelAsync();
        await beating;
    }
}

using Spectre.Console.Rendering;

namespace MicroView.Cli;

/// <summary>Shows frames, on the screen or as lines, at most twice a second, until the stop.</summary>
internal static class View
{
    public static async Task RunAsync(Func<ViewFrame> frames, bool plain, TimeSpan period, StopSignals signals, DateTime? end, PlainOutput output)
    {
        if (plain)
        {
            var report = new PlainReport(output);
            await RepeatAsync(() => report.Show(frames()), period, end, null, signals.Token);
            return;
        }
        using var screen = new Screen();
        using var redraw = new SemaphoreSlim(0, 1);
        var position = new Position();
        Keys.Start(key => Press(key, position, signals, redraw));
        ViewFrame? last = null;
        await RepeatAsync(() =>
        {
            last = frames();
            screen.Draw((width, height) => Lay(last, position, width, height));
        }, period, end, redraw, signals.Token);
    }

    private static IRenderable Lay(ViewFrame frame, Position position, int width, int height)
    {
        position.Skipped = Math.Clamp(position.Skipped, 0, Math.Max(0, frame.Pods.Count - 1));
        return ScreenLayout.Build(frame, position.Order, position.Skipped, width, height);
    }

    private static async Task RepeatAsync(Action show, TimeSpan period, DateTime? end, SemaphoreSlim? redraw, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested && (end is null || DateTime.UtcNow < end))
        {
            show();
            try
            {
                if (redraw is null)
                    await Task.Delay(period, stop);
                else
                    await redraw.WaitAsync(period, stop);
            }
            catch (OperationCanceledException)
            {
            }
        }
    }

    private static void Press(ConsoleKeyInfo key, Position position, StopSignals signals, SemaphoreSlim redraw)
    {
        switch (key)
        {
            case { KeyChar: 'q' or 'Q' }:
                signals.Stop();
                return;
            case { KeyChar: 's' }:
                position.Order = PodOrder.Score;
                break;
            case { KeyChar: 'c' }:
                position.Order = PodOrder.Cpu;
                break;
            case { KeyChar: 'm' }:
                position.Order = PodOrder.Memory;
                break;
            case { Key: ConsoleKey.DownArrow or ConsoleKey.PageDown }:
                position.Skipped += key.Key == ConsoleKey.PageDown ? 10 : 1;
                break;
            case { Key: ConsoleKey.UpArrow or ConsoleKey.PageUp }:
                position.Skipped -= key.Key == ConsoleKey.PageUp ? 10 : 1;
                break;
            default:
                return;
        }
        try
        {
            if (redraw.CurrentCount == 0)
                redraw.Release();
        }
        catch (Exception error) when (error is ObjectDisposedException or SemaphoreFullException)
        {
            // The view has just ended, or another key has asked already.
        }
    }

    /// <summary>What the keys chose; written by the key thread, read by the view.</summary>
    private sealed class Position
    {
        public volatile PodOrder Order;
        public volatile int Skipped;
    }
}

using System.Diagnostics;
using Spectre.Console.Rendering;

namespace MicroView.Cli;

/// <summary>Shows frames until the stop, on the screen or as lines: once a period, and soon after a key or an alarm.</summary>
internal sealed class View(Func<ViewFrame> frames, TimeSpan period, StopSignals signals) : IDisposable
{
    private static readonly TimeSpan s_leastGap = TimeSpan.FromMilliseconds(150); // keys and alarms may come in bursts
    private readonly SemaphoreSlim _wake = new(0, 1);
    private volatile PodOrder _order;
    private volatile int _skipped;

    /// <summary>Asks for a frame now. Thread-safe, never waits.</summary>
    public void Wake()
    {
        try
        {
            if (_wake.CurrentCount == 0)
                _wake.Release();
        }
        catch (Exception error) when (error is SemaphoreFullException or ObjectDisposedException)
        {
            // Somebody else has asked in this moment, or the view has just ended.
        }
    }

    public void Dispose() => _wake.Dispose();

    public async Task RunAsync(bool plain, double? seconds, PlainOutput output)
    {
        var end = seconds is { } limit ? Stopwatch.GetTimestamp() + (long)(limit * Stopwatch.Frequency) : long.MaxValue;
        if (plain)
        {
            var report = new PlainReport(output);
            await RepeatAsync(() => report.Show(frames()), end);
            return;
        }
        using var screen = new Screen();
        Keys.Start(Press);
        await RepeatAsync(() =>
        {
            var frame = frames();
            screen.Draw((width, height) => Lay(frame, width, height));
        }, end);
    }

    private IRenderable Lay(ViewFrame frame, int width, int height)
    {
        _skipped = Math.Clamp(_skipped, 0, Math.Max(0, frame.Pods.Count - 1));
        return ScreenLayout.Build(frame, _order, _skipped, width, height);
    }

    private async Task RepeatAsync(Action show, long end)
    {
        var stop = signals.Token;
        while (!stop.IsCancellationRequested && Stopwatch.GetTimestamp() < end)
        {
            show();
            try
            {
                await Task.Delay(s_leastGap, stop);
                await _wake.WaitAsync(period - s_leastGap, stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private void Press(ConsoleKeyInfo key)
    {
        switch (key)
        {
            case { KeyChar: 'q' or 'Q' }:
                signals.Stop();
                return;
            case { KeyChar: 's' }:
                _order = PodOrder.Score;
                break;
            case { KeyChar: 'c' }:
                _order = PodOrder.Cpu;
                break;
            case { KeyChar: 'm' }:
                _order = PodOrder.Memory;
                break;
            case { Key: ConsoleKey.DownArrow or ConsoleKey.PageDown }:
                _skipped += key.Key == ConsoleKey.PageDown ? 10 : 1;
                break;
            case { Key: ConsoleKey.UpArrow or ConsoleKey.PageUp }:
                _skipped -= key.Key == ConsoleKey.PageUp ? 10 : 1;
                break;
            default:
                return;
        }
        Wake();
    }
}

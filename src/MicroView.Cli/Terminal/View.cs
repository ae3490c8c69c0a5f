using System.Diagnostics;
using Spectre.Console.Rendering;

namespace MicroView.Cli;

/// <summary>Shows frames until the stop, on the screen or as lines: as often as scrapes may change them, and soon after a key or an alarm.</summary>
internal sealed class View(Func<ViewFrame> frames, TimeSpan scrape, StopSignals signals) : IDisposable
{
    private static readonly TimeSpan s_leastGap = TimeSpan.FromMilliseconds(150); // keys and alarms may come in bursts
    // Of lines, one each ten seconds says how it goes; who has been learnt is looked for with each scrape, yet at most once a second. Alarms wake it.
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(10);
    private readonly TimeSpan _learning = TimeSpan.FromSeconds(Math.Clamp(scrape.TotalSeconds, 1, s_quiet.TotalSeconds));
    // Nothing moves faster than it is scraped; twice a second is as fast as people read.
    private readonly TimeSpan _period = scrape >= TimeSpan.FromSeconds(1) ? TimeSpan.FromSeconds(1) : TimeSpan.FromSeconds(0.5);
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
            await RepeatAsync(() =>
            {
                var frame = frames();
                report.Show(frame);
                return frame is { Learning: 0, Watching: > 0 } ? s_quiet : _learning;
            }, end);
            return;
        }
        using var screen = new Screen();
        Keys.Start(Press);
        await RepeatAsync(() =>
        {
            var frame = frames();
            screen.Draw((width, height) => Lay(frame, width, height));
            return _period;
        }, end);
    }

    private IRenderable Lay(ViewFrame frame, int width, int height)
    {
        _skipped = Math.Clamp(_skipped, 0, Math.Max(0, frame.Pods.Count - 1));
        return ScreenLayout.Build(frame, _order, _skipped, width, height);
    }

    /// <param name="show">Shows a frame; answers how long it may stand.</param>
    /// <param name="end">When to end, by the stopwatch.</param>
    private async Task RepeatAsync(Func<TimeSpan> show, long end)
    {
        var stop = signals.Token;
        while (!stop.IsCancellationRequested && Stopwatch.GetTimestamp() is var shown && shown < end)
        {
            var pause = show();
            // Waits are in whole milliseconds: what is left of one would be frame after frame without a wait.
            var leftMs = end == long.MaxValue ? double.PositiveInfinity : Math.Ceiling(Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), end).TotalMilliseconds);
            try
            {
                if (await _wake.WaitAsync((int)Math.Clamp(leftMs, 0, pause.TotalMilliseconds), stop) && s_leastGap - Stopwatch.GetElapsedTime(shown) is { Ticks: > 0 } rest)
                    await Task.Delay(rest, stop);
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

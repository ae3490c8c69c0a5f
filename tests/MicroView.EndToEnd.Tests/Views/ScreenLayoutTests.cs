using MicroView.Cli;
using Spectre.Console;

namespace MicroView.EndToEnd.Tests;

public sealed class ScreenLayoutTests
{
    [Theory]
    [InlineData(80, 24)]
    [InlineData(60, 14)]
    [InlineData(120, 40)]
    [InlineData(300, 100)]
    public void A_frame_fits_its_screen(int width, int height)
    {
        var lines = Render(Frame(40), width, height);
        Assert.True(lines.Length <= height, $"{lines.Length} lines on {height}");
        Assert.All(lines, line => Assert.True(line.TrimEnd().Length <= width, line));
    }

    [Fact]
    public void Names_that_look_like_markup_or_hold_control_characters_are_shown_as_text()
    {
        var frame = Frame(0) with { Pods = [new("[red]x[/]", 0.5, 1e6, PodPhase.Watching, 1, 2), new("a\e[2Jb", 0.4, 1e6, PodPhase.Watching, 1, 2)] };
        var text = string.Join('\n', Render(frame, 120, 30));
        Assert.Contains("[red]x[/]", text);
        Assert.Contains("a [2Jb", text);
        Assert.DoesNotContain('\e', text);
    }

    [Fact]
    public void An_open_alarm_stands_first_and_names_its_metrics()
    {
        var text = Render(Frame(10), 140, 30);
        Assert.Contains("ALARM", text.First(line => line.Contains("pod-")));
        Assert.Contains(text, line => line.Contains("process_cpu_seconds_total 83 %"));
    }

    private static string[] Render(ViewFrame frame, int width, int height)
    {
        var writer = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(writer) });
        console.Profile.Width = width;
        console.Profile.Height = height;
        console.Write(ScreenLayout.Build(frame, PodOrder.Score, 0, width, height));
        return writer.ToString().TrimEnd('\n').Split('\n');
    }

    private static ViewFrame Frame(int pods)
    {
        var lines = Enumerable.Range(0, pods).Select(i => new PodLine($"pod-{i}", i / 100.0, i * 1e6, i == 3 ? PodPhase.Alarm : PodPhase.Watching, i == 3 ? 40 : 1, 4)).ToArray();
        var alarm = new AlarmLine("1", DateTime.Now, null, "pod-3", 40, 4, true, [("process_cpu_seconds_total", 0.83), ("process_threads", 0.1)]);
        return new("node", TimeSpan.FromSeconds(75), 0.021, 61 << 20, "http://127.0.0.1:8000/metrics", 10, 0, 2, pods, TimeSpan.FromSeconds(20), 0.4, lines, [alarm], [new(DateTime.Now, Microsoft.Extensions.Logging.LogLevel.Information, "hello")]);
    }
}

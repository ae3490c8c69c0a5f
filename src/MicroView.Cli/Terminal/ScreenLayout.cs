using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace MicroView.Cli;

/// <summary>How the pod table is ordered.</summary>
internal enum PodOrder
{
    Score,
    Cpu,
    Memory,
}

/// <summary>Lays a frame out for a screen of a given size. Texts are never parsed as markup: pod names are others' input.</summary>
internal static class ScreenLayout
{
    private const int FixedColumns = 9 + 9 + 9 + 8 + 6; // CPU, memory, state, score and a space after each column
    private const int Percent = 7;
    private static readonly Style s_plain = Style.Plain;
    private static readonly Style s_dim = new(Color.Grey);
    private static readonly Style s_title = new(Color.Aqua, decoration: Decoration.Bold);
    private static readonly Style s_good = new(Color.Green);
    private static readonly Style s_warn = new(Color.Yellow);
    private static readonly Style s_bad = new(Color.Red, decoration: Decoration.Bold);

    public static IRenderable Build(ViewFrame frame, PodOrder order, int skipped, int width, int height)
    {
        var messages = Math.Clamp(height / 8, 1, 5);
        var alarms = Math.Clamp(height / 4, 2, 10);
        var podRows = Math.Max(1, height - 2 - 2 - alarms - 1 - messages - 1 - 1);
        return new Rows(
            Header(frame, width),
            Learning(frame, width),
            Pods(frame, order, skipped, podRows, width),
            Section($"alarms ({frame.Alarms.Count(alarm => alarm.Closed is null)} open)", width),
            Lines(frame.Alarms.Take(alarms).Select(alarm => Alarm(alarm, width)), alarms, width, "none so far"),
            Section("messages", width),
            Lines(frame.Messages.TakeLast(messages).Select(message => Message(message, width)), messages, width, ""),
            Line(width, ("q", s_title), (" quit  ", s_dim), ("s c m", s_title), (" order by score, CPU, memory  ", s_dim), ("↑ ↓", s_title), (" scroll", s_dim)));
    }

    private static Paragraph Header(ViewFrame frame, int width)
    {
        return Line(width, (" MicroView ", s_title), (Units.Fit(frame.Title, Math.Max(8, width - 72)), s_plain), ("  up ", s_dim), (Units.Duration(frame.Uptime), s_plain),
            ("  own cost ", s_dim), (frame.OwnCost, frame.OwnCores <= 0.05 ? s_good : s_warn),
            ("  scrapes/s ", s_dim), (frame.ScrapesPerSecond.ToString("0.0", CultureInfo.InvariantCulture), s_plain),
            (frame.MissedTicks > 0 ? $"  {frame.MissedTicks} ticks missed" : "", s_warn));
    }

    private static Paragraph Learning(ViewFrame frame, int width)
    {
        var bar = frame.Learning > 0 ? Math.Clamp(width / 6, 8, 30) : 0;
        var done = (int)Math.Round(bar * Math.Clamp(frame.LearningProgress, 0, 1));
        var left = frame is { Learning: > 0, LearningLeft: { } time } ? $" {Units.Duration(time)} left" : "";
        return Line(width, ($" {frame.Watching} watched", s_good), ($"  {frame.Learning} learning ", frame.Learning > 0 ? s_warn : s_dim),
            (new string('━', done), s_good), (new string('─', bar - done), s_dim), (left, s_plain), ($"  {frame.Endpoint}", s_dim));
    }

    private static Table Pods(ViewFrame frame, PodOrder order, int skipped, int rows, int width)
    {
        var bar = Math.Clamp(width - FixedColumns - Percent - 26, 0, 24);
        var name = Math.Max(8, width - 1 - FixedColumns - Percent - bar);
        var table = new Table().Border(TableBorder.None).Width(width - 1);
        Add(table, "  pod", Justify.Left, name);
        Add(table, "CPU cores", Justify.Right, 9);
        Add(table, "memory", Justify.Right, 9);
        Add(table, "state", Justify.Left, 9);
        Add(table, "score", Justify.Right, 8);
        Add(table, "of threshold"[..Math.Min(12, bar + Percent)], Justify.Left, bar + Percent);
        foreach (var pod in Order(frame.Pods, order).Skip(skipped).Take(rows))
        {
            var (word, style) = Phase(pod);
            table.AddRow(
                new Text("  " + Units.Fit(pod.Pod, name - 2), pod.Phase == PodPhase.Alarm ? s_bad : s_plain),
                new Text(Units.Cores(pod.Cores)),
                new Text(Units.Bytes(pod.MemoryBytes)),
                new Text(word, style),
                new Text(Units.Score(pod.Score)),
                Bar(pod, bar));
        }
        for (var blank = Math.Max(0, frame.Pods.Count - skipped); blank < rows; blank++)
            table.AddEmptyRow();
        return table;
    }

    private static IEnumerable<PodLine> Order(IReadOnlyList<PodLine> pods, PodOrder order) => order switch
    {
        PodOrder.Cpu => pods.OrderByDescending(pod => Known(pod.Cores)),
        PodOrder.Memory => pods.OrderByDescending(pod => Known(pod.MemoryBytes)),
        _ => pods.OrderByDescending(pod => pod.Phase == PodPhase.Alarm).ThenByDescending(pod => Math.Round(pod.Ratio, 1)).ThenByDescending(pod => Known(pod.Cores)),
    };

    private static double Known(double value) => double.IsNaN(value) ? -1 : value;

    private static (string, Style) Phase(PodLine pod) => pod.Phase switch
    {
        PodPhase.Alarm => ("ALARM", s_bad),
        PodPhase.Watching => ("watching", s_good),
        PodPhase.Warm => ("warm", s_good),
        PodPhase.Off => ("off", s_dim),
        PodPhase.Learning => ("learning", s_warn),
        PodPhase.Stale => ("stale", s_dim),
        PodPhase.Quarantined => ("quarant.", s_bad),
        _ => ("waiting", s_dim),
    };

    private static Paragraph Bar(PodLine pod, int width)
    {
        if (!(pod.Threshold > 0))
            return Line(width + 1, ("", s_plain));
        // The whole bar is twice the threshold, so that an alarm is what passes the middle.
        var filled = (int)Math.Round(Math.Clamp(pod.Ratio / 2, 0, 1) * width);
        var style = pod.Ratio >= 1 ? s_bad : pod.Ratio >= 0.7 ? s_warn : s_good;
        var percent = pod.Ratio < 100 ? string.Create(CultureInfo.InvariantCulture, $"{pod.Ratio * 100,5:0} %") : " >9999%";
        return Line(width + Percent + 1, (new string('━', filled), style), (new string('─', width - filled), s_dim), (percent, style));
    }

    private static Paragraph Alarm(AlarmLine alarm, int width)
    {
        var state = alarm.Closed is { } closed ? $"closed after {Units.Duration(closed - alarm.Opened)}" : "open";
        var head = $"  {alarm.Opened:HH:mm:ss} {Units.Fit(alarm.Pod, Math.Max(12, width / 4))}  {state}  {Units.Score(alarm.Score)} > {Units.Score(alarm.Threshold)}{(alarm.Warm ? " (warm)" : "")}  ";
        return Line(width, (head, alarm.Closed is null ? s_bad : s_dim), (alarm.Attribution, alarm.Closed is null ? s_plain : s_dim));
    }

    private static Paragraph Message(MessageRing.Message message, int width) => Line(width,
        ($"  {message.Time:HH:mm:ss} ", s_dim),
        (Units.Fit(message.Text, width - 13), message.Level >= Microsoft.Extensions.Logging.LogLevel.Warning ? s_warn : s_plain));

    private static Paragraph Section(string title, int width) =>
        Line(width, ("── ", s_dim), (title, s_title), (" " + new string('─', Math.Max(0, width - title.Length - 6)), s_dim));

    private static Rows Lines(IEnumerable<Paragraph> lines, int count, int width, string empty)
    {
        List<Paragraph> rows = [.. lines];
        if (rows.Count == 0)
            rows.Add(Line(width, ("  " + empty, s_dim)));
        while (rows.Count < count)
            rows.Add(Line(width, (" ", s_plain)));
        return new Rows(rows);
    }

    /// <summary>A line of styled parts, cut at the width: a line that wraps would push the rest off the screen.</summary>
    private static Paragraph Line(int width, params ReadOnlySpan<(string Text, Style Style)> parts)
    {
        var line = new Paragraph();
        var room = width - 1;
        foreach (var (text, style) in parts)
        {
            line.Append(text.Length <= room ? text : text[..room], style);
            room -= Math.Min(room, text.Length);
        }
        return line;
    }

    private static void Add(Table table, string title, Justify justify, int width) =>
        table.AddColumn(new TableColumn(new Text(title, s_dim)) { Alignment = justify, Width = width, NoWrap = true, Padding = new Padding(0, 0, 1, 0) });
}

using MicroView.Protocol;

namespace MicroView.Collector;

/// <summary>What the page is told of the collector itself.</summary>
/// <param name="Agent">Where it stands with its agent.</param>
/// <param name="Generation">Layout generation in force.</param>
/// <param name="Cores">CPU of the whole process over the last second, in cores.</param>
/// <param name="MemoryBytes">Its resident memory.</param>
/// <param name="AlarmsOpened">Since the start.</param>
/// <param name="EventsLost">Alarm events that subscribers were too slow for.</param>
/// <param name="Pages">Open pages.</param>
/// <param name="PagesDropped">Pages that were too slow, since the start.</param>
internal readonly record struct LiveHealth(
    ConnectionView Agent, ulong Generation, double Cores, long MemoryBytes, long AlarmsOpened, long EventsLost, int Pages, long PagesDropped);

/// <summary>Writes the frames of docs/live-page.md. For one thread.</summary>
internal sealed class LiveFrames(LiveJson frame, CollectorClock clock)
{
    /// <summary>Who the pods are.</summary>
    public void WritePods(List<LivePod> pods, bool withHistory)
    {
        if (pods.Count == 0)
            return;
        frame.Json.WriteStartArray("pods"u8);
        foreach (var pod in pods)
        {
            var layout = pod.Pod.Layout;
            frame.Json.WriteStartObject();
            frame.Json.WriteNumber("n"u8, pod.Number);
            frame.Json.WriteString("id"u8, layout.Pod);
            frame.WriteOptional("service"u8, layout.Service);
            frame.WriteOptional("container"u8, layout.Container);
            frame.Json.WriteString("kind"u8, layout.Kind switch { PodKind.Rest => "rest"u8, PodKind.Node => "node"u8, _ => "socket"u8 });
            frame.Json.WriteNumber("lmap"u8, pod.Lmap);
            frame.Json.WriteNumber("metrics"u8, pod.Pod.Schema.Metrics.Count);
            if (withHistory)
                WriteHistory(pod.Pod.History?.Read(clock.NowNs) ?? []);
            frame.Json.WriteEndObject();
        }
        frame.Json.WriteEndArray();
    }

    /// <summary>How they are: [number, marks, score, threshold, learnt %, seconds left, last row's time]; what lies behind the last known part is left out.</summary>
    public void WriteScores(List<LivePod> pods)
    {
        if (pods.Count == 0)
            return;
        frame.Json.WriteStartArray("scores"u8);
        foreach (var pod in pods)
        {
            frame.Json.WriteStartArray();
            frame.Json.WriteNumberValue(pod.Number);
            frame.Json.WriteNumberValue((int)pod.Marks);
            if (pod.FreshTimeNs != 0 || pod.Progress >= 0 || !float.IsNaN(pod.Score))
            {
                frame.WriteShort(pod.Score);
                frame.WriteShort(pod.Threshold);
            }
            if (pod.FreshTimeNs != 0 || pod.Progress >= 0)
            {
                frame.Json.WriteNumberValue(pod.Progress);
                frame.Json.WriteNumberValue(pod.Remaining);
            }
            if (pod.FreshTimeNs != 0)
                frame.Json.WriteNumberValue(clock.UnixNs(pod.FreshTimeNs) / 1_000_000);
            frame.Json.WriteEndArray();
        }
        frame.Json.WriteEndArray();
    }

    public void WriteGone(List<int> numbers)
    {
        if (numbers.Count == 0)
            return;
        frame.Json.WriteStartArray("gone"u8);
        foreach (var number in numbers)
            frame.Json.WriteNumberValue(number);
        frame.Json.WriteEndArray();
    }

    public void WriteAlarms(List<LiveAlarm> alarms)
    {
        if (alarms.Count == 0)
            return;
        frame.Json.WriteStartArray("alarms"u8);
        foreach (var alarm in alarms)
        {
            var (opening, closing) = (alarm.Opening, alarm.Closing);
            frame.Json.WriteStartObject();
            frame.Json.WriteNumber("n"u8, alarm.Number);
            frame.Json.WriteString("pod"u8, opening.Pod);
            frame.WriteOptional("service"u8, opening.Service);
            frame.Json.WriteNumber("opened"u8, (opening.Time - opening.Duration).ToUnixTimeMilliseconds());
            if (closing is not null)
            {
                frame.Json.WriteNumber("closed"u8, closing.Time.ToUnixTimeMilliseconds());
                frame.Json.WriteBoolean("gone"u8, closing.Transition == AlarmTransition.PodGone);
            }
            frame.Json.WritePropertyName("score"u8);
            frame.WriteShort(opening.Score);
            frame.Json.WritePropertyName("threshold"u8);
            frame.WriteShort(opening.Threshold);
            frame.Json.WriteBoolean("warm"u8, opening.IsWarm);
            frame.Json.WriteStartArray("why"u8);
            foreach (var share in opening.Attributions)
            {
                frame.Json.WriteStartArray();
                frame.Json.WriteStringValue(share.Metric);
                frame.WriteShort(share.Share);
                frame.Json.WriteEndArray();
            }
            frame.Json.WriteEndArray();
            frame.Json.WriteEndObject();
        }
        frame.Json.WriteEndArray();
    }

    public void WriteHealth(in LiveHealth health, IReadOnlyList<LmapRunner> lmaps)
    {
        var json = frame.Json;
        json.WriteStartObject("health"u8);
        json.WriteBoolean("connected"u8, health.Agent.Connected);
        frame.WriteOptional("place"u8, health.Agent.Place);
        frame.WriteOptional("problem"u8, health.Agent.Problem);
        json.WriteNumber("generation"u8, health.Generation);
        json.WritePropertyName("cores"u8);
        frame.WriteShort(health.Cores);
        json.WriteNumber("memory"u8, health.MemoryBytes);
        json.WriteNumber("alarmsOpened"u8, health.AlarmsOpened);
        json.WriteNumber("eventsLost"u8, health.EventsLost);
        json.WriteNumber("pages"u8, health.Pages);
        json.WriteNumber("pagesDropped"u8, health.PagesDropped);
        json.WriteStartArray("lmaps"u8);
        for (var i = 0; i < lmaps.Count; i++)
            WriteLmap(lmaps[i]);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>The points of a pod's score in percent of the threshold; null where none was judged.</summary>
    private void WriteHistory((float Score, float Threshold)[] history)
    {
        frame.Json.WriteStartArray("history"u8);
        foreach (var (score, threshold) in history)
        {
            if (float.IsNaN(score))
                frame.Json.WriteNullValue();
            else
                frame.Json.WriteNumberValue((int)Math.Min(99_999, Math.Round(100.0 * score / threshold)));
        }
        frame.Json.WriteEndArray();
    }

    private void WriteLmap(LmapRunner runner)
    {
        var (json, statistics) = (frame.Json, runner.Lmap.Statistics);
        json.WriteStartObject();
        json.WriteNumber("n"u8, runner.Lmap.Index);
        json.WriteNumber("pods"u8, runner.Lmap.Pods.Count);
        json.WriteNumber("scrapes"u8, statistics.Scrapes);
        json.WritePropertyName("rate"u8);
        frame.WriteShort(statistics.ScrapeRate);
        json.WritePropertyName("cpu"u8);
        frame.WriteShort(statistics.CpuShare);
        json.WriteNumber("rows"u8, statistics.ClassifiedRows);
        json.WriteNumber("missed"u8, statistics.MissedTicks);
        json.WriteNumber("torn"u8, statistics.TornRows);
        json.WriteBoolean("silent"u8, clock.NowNs - statistics.LastLookNs > runner.SilenceLimitNs);
        json.WriteEndObject();
    }
}

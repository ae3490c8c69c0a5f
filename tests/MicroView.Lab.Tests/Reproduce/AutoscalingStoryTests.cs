namespace MicroView.Lab.Tests;

/// <summary>What the page of the autoscaling figure says, from files that say it.</summary>
public sealed class AutoscalingStoryTests : IDisposable
{
    private readonly Scratch _scratch = new();

    [Fact]
    public void The_story_is_told_by_its_first_events_and_chance_is_none()
    {
        var story = Read();
        Assert.Equal(30, story.FirstFlag(AutoscalingScores.Paper)); // of the lone row at 10 nothing follows
        Assert.Null(story.FirstFlag(AutoscalingScores.Live));
        Assert.Equal(50, story.FirstAlarm);
        Assert.Equal(20, story.FirstAct); // more than the three before the steps
        Assert.Equal(40, story.AtMost(5));
        Assert.Null(story.AtMost(6));
        Assert.Equal(40, story.FirstFailed);
        Assert.Equal(60, story.FirstBreak); // the lone row at 0 is none
        Assert.Equal(0.5, story.QuietShare(AutoscalingScores.Paper));
        Assert.Equal(4 / 9.0, story.BrokenShare, 12);
    }

    [Fact]
    public void Top_metrics_are_those_of_anomalous_rows_of_the_steps()
    {
        var top = Read().TopMetrics();
        Assert.Equal(["kube_pod_status_phase{phase=\"Failed\"}", "cpu"], top.Select(metric => metric.Metric));
        Assert.Equal([4, 1], top.Select(metric => metric.Rows));
        Assert.Equal(0.7, top[0].Share, 12);
    }

    public void Dispose() => _scratch.Dispose();

    private AutoscalingStory Read()
    {
        var folder = new FigureFolder(_scratch.Path("figure"));
        Directory.CreateDirectory(folder.Files("hpa"));
        string[] line =
        [
            "seconds,users,replicas,ready,pending,failed,cpu_ratio,signal_ratio,wanted,answers,bad,p50_ms,p95_ms,kept",
            "-20,5,1,1,0,0,0.5,,1,10,0,20,30,0", "-10,5,3,3,0,0,0.5,,3,10,0,20,30,1", "0,5,3,3,0,0,,,3,10,0,20,30,0", "10,10,3,3,0,0,1.2,,3,10,0,20,30,1", "20,10,4,4,0,0,1,,4,10,0,20,30,1",
            "30,10,4,4,0,0,1,,4,10,0,20,30,1", "40,20,5,4,0,1,1,,5,10,0,20,30,1", "50,20,5,4,0,2,1,,5,10,0,20,30,1", "60,30,5,4,0,3,1,,6,10,0,20,900,0", "70,30,5,4,0,4,1,,6,10,0,20,900,0", "80,30,5,4,0,5,1,,6,10,0,,,0",
        ];
        File.WriteAllLines(folder.Csv("hpa"), line);
        const string Failed = "\"kube_pod_status_phase{phase=\"\"Failed\"\"} 0.7\"";
        (int Seconds, int Anomalous, string Top)[] paper = [(-20, 1, "quiet 1"), (-10, 0, ""), (10, 1, Failed), (20, 0, ""), (30, 1, Failed), (40, 1, Failed), (50, 1, "\"kube_pod_status_phase{phase=\"\"Failed\"\"} 0.7; cpu 0.1\"")];
        string[] scores =
        [
            "detector,seconds,score,threshold,anomalous,alarm,top", .. paper.Select(row => $"{AutoscalingScores.Paper},{row.Seconds},1,1,{row.Anomalous},0,{row.Top}"),
            $"{AutoscalingScores.Live},40,1,1,1,0,", $"{AutoscalingScores.Live},50,1,1,1,1,",
        ];
        File.WriteAllLines(Path.Combine(folder.Files("hpa"), AutoscalingScores.FileName), scores);
        return AutoscalingStory.Read(folder, "hpa");
    }
}

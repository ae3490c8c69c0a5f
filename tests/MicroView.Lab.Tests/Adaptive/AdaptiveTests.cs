using System.CommandLine;
using System.Globalization;

namespace MicroView.Lab.Tests;

public sealed class AdaptiveTests : IDisposable
{
    private const long Second = 1_000_000_000;

    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    private static async Task<(int Status, string Output)> Run(params string[] arguments)
    {
        var output = new StringWriter();
        var result = LabCommandLine.BuildRootCommand().Parse(arguments);
        Assert.Empty(result.Errors);
        var status = await result.InvokeAsync(new InvocationConfiguration { Output = output, Error = output, EnableDefaultExceptionHandler = false });
        return (status, output.ToString());
    }

    [Fact]
    public void Every_anomalous_sample_is_sent_and_one_each_baseline()
    {
        long[] times = [.. Enumerable.Range(0, 10).Select(i => i * 10 * Second)];
        bool[] anomalous = [.. times.Select((_, i) => i is 4 or 5)];
        // 0, then 30 s later, the anomaly at 40 and 50 s, then 30 s after the last one sent.
        Assert.Equal([true, false, false, true, true, true, false, false, true, false], SentSignal.Sent(times, anomalous, 30 * Second));
    }

    [Fact]
    public void What_is_sent_whole_is_the_signal_itself()
    {
        double[] signal = [1, 4, 2, 8, 5, 7];
        bool[] all = [.. signal.Select(_ => true)];
        foreach (var fill in Enum.GetValues<GapFill>())
        {
            var (own, pearson) = SentSignal.Likeness(signal, all, fill);
            Assert.Equal(1, own, 12);
            Assert.Equal(1, pearson, 12);
        }
    }

    [Fact]
    public void Holding_knows_the_past_and_back_filling_the_future()
    {
        // z-scores of 0, 0, 0, 4 (mean 1, deviation √3): -a, -a, -a, 3a with a = 1/√3; only the first and last are sent.
        double[] signal = [0, 0, 0, 4];
        bool[] sent = [true, false, false, true];
        Assert.Equal(1, SentSignal.Likeness(signal, sent, GapFill.Hold).AtLagZero, 12);
        // Received -a, 3a, 3a, 3a: Σs·x = (1 − 3 − 3 + 9)/3, Σx² = 12/3.
        Assert.Equal(4.0 / 12, SentSignal.Likeness(signal, sent, GapFill.BackFill).AtLagZero, 12);
        // Nothing of a metric that stands still can be unlike it.
        Assert.True(double.IsNaN(SentSignal.Likeness([3, 3, 3], [true, false, true], GapFill.Hold).AtLagZero));
        Assert.Equal(0, SentSignal.Likeness(signal, [true, false, false, false], GapFill.Hold).Pearson);
    }

    [Fact]
    public async Task A_stricter_threshold_sends_less_and_says_less()
    {
        var folder = SmallExperiment.WriteCollected(_scratch, ("cart", 250, 259), ("front", 300, 309), ("cart", 350, 359));
        await Run("pipeline", "split", folder);
        var (status, output) = await Run("adaptive", "--data", folder, "--model", "RFD", "-k", "2", "-l", "6", "--thresholds", "50,90,99.9", "--baseline", "120");
        Assert.Equal(0, status);
        Assert.DoesNotContain("warning", output);
        var rows = File.ReadAllLines(Path.Combine(folder, "results/adaptive_sampling.csv")).Select(line => line.Split(',')).ToArray();
        Assert.Equal(["service", "threshold", "fill", "share_sent", "correlation", "pearson"], rows[0]);
        Assert.Equal(3 * 3 * 2, rows.Length - 1); // two services and all of them, three thresholds, two ways to fill
        var mean = rows[1..].Where(row => row[0] == "all" && row[2] == "hold").ToArray();
        double[] share = [.. mean.Select(row => Number(row[3]))], correlation = [.. mean.Select(row => Number(row[4]))];
        Assert.Equal(share.OrderDescending(), share);
        Assert.Equal(correlation.OrderDescending(), correlation);
        Assert.InRange(share[^1], 1.0 / 12, 0.4); // a row each 120 s of 10 s, and the faults
        Assert.All((string[])["png", "svg"], ending => Assert.True(File.Exists(Path.Combine(folder, $"results/adaptive_sampling.{ending}"))));
    }

    [Fact]
    public async Task Rows_as_far_apart_as_the_baseline_are_warned_of()
    {
        var folder = SmallExperiment.WriteCollected(_scratch, ("cart", 250, 259));
        await Run("pipeline", "split", folder);
        var (_, output) = await Run("adaptive", "--data", folder, "--thresholds", "99", "--baseline", "10");
        Assert.Contains("nothing can be saved", output);
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}

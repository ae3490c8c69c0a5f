using System.Globalization;
using MicroView.Analysis;

namespace MicroView.Lab.Tests;

public sealed class ScoreTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    public static TheoryData<string> Models() => [.. ModelOptions.Judging.Where(model => model != "VAE")]; // VAE needs a trained network

    private static double[] Noise(Random random, int width) => [.. Enumerable.Range(0, width).Select(_ => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))];

    private async Task<(double Score, bool Anomalous)[]> Score(string train, string test, params string[] more)
    {
        var output = _scratch.Path("out/scores.csv");
        Assert.Equal(0, await Scratch.Lab(["score", "--train", train, "--test", test, "--out", output, .. more]));
        var lines = File.ReadAllLines(output);
        Assert.StartsWith("row,score,threshold,anomalous,alarm", lines[0], StringComparison.Ordinal);
        return [.. lines.Skip(1).Select(line => line.Split(',')).Select(cells => (double.Parse(cells[1], CultureInfo.InvariantCulture), cells[3] == "1"))];
    }

    [Theory, MemberData(nameof(Models))]
    public async Task A_row_far_from_training_is_found_in_data_with_every_defect(string model)
    {
        var random = new Random(3);
        double[] Row(int i)
        {
            var row = Noise(random, 12);
            row[1] = 7; // constant
            row[2] = double.NaN; // never there
            row[3] *= 1e9;
            row[4] *= 1e-9;
            row[5] = i % 3 == 0 ? double.NaN : row[5];
            return row;
        }
        var train = _scratch.WriteMatrix("train.csv", 400, Row);
        var test = _scratch.WriteMatrix("test.csv", 200, i =>
        {
            var row = Row(i);
            if (i == 150)
                (row[0], row[6]) = (60, -60);
            if (i == 170)
                row[7] = 1e300;
            return row;
        });
        var scores = await Score(train, test, "--model", model, "--tuning", "live");
        Assert.Equal(200, scores.Length);
        Assert.All(scores, row => Assert.True(double.IsFinite(row.Score) && row.Score >= 0));
        Assert.True(scores[150].Anomalous && scores[170].Anomalous);
        Assert.True(scores.Index().Count(row => row.Item.Score >= scores[150].Score) <= 2);
    }

    [Theory, MemberData(nameof(Models))]
    public async Task One_metric_is_enough(string model)
    {
        var random = new Random(4);
        var train = _scratch.WriteMatrix("train.csv", 300, _ => Noise(random, 1));
        var test = _scratch.WriteMatrix("test.csv", 100, i => i == 50 ? [40] : Noise(random, 1));
        var scores = await Score(train, test, "--model", model, "--tuning", "live");
        Assert.Equal(scores.Max(row => row.Score), scores[50].Score);
        Assert.True(scores[50].Anomalous);
    }

    [Theory, MemberData(nameof(Models))]
    public async Task A_thousand_metrics_are_not_too_many(string model)
    {
        var random = new Random(5);
        var train = _scratch.WriteMatrix("train.csv", 150, _ => Noise(random, 1000));
        var test = _scratch.WriteMatrix("test.csv", 20, i =>
        {
            var row = Noise(random, 1000);
            row[500] += i == 10 ? 500 : 0;
            return row;
        });
        var scores = await Score(train, test, "--model", model, "--tuning", "live");
        Assert.Equal(scores.Max(row => row.Score), scores[10].Score);
    }

    [Theory, MemberData(nameof(Models))]
    public async Task Training_that_never_moved_raises_nothing_on_more_of_the_same(string model)
    {
        var train = _scratch.WriteMatrix("train.csv", 100, _ => [4, 0, -3]);
        var scores = await Score(train, train, "--model", model, "--tuning", "live");
        Assert.DoesNotContain(scores, row => row.Anomalous);
    }

    [Fact]
    public async Task Two_runs_with_one_seed_are_equal_bytes()
    {
        var random = new Random(6);
        var train = _scratch.WriteMatrix("train.csv", 200, _ => Noise(random, 6));
        var test = _scratch.WriteMatrix("test.csv", 200, i => i % 20 == 0 ? [9, 9, 9, 9, 9, 9] : Noise(random, 6));
        string[] settings = ["--model", "FD", "-k", "2", "-l", "4", "--learning-rate", "0.5", "--seed", "11"];
        await Score(train, test, settings);
        var first = File.ReadAllBytes(_scratch.Path("out/scores.csv"));
        await Score(train, test, settings);
        Assert.Equal(first, File.ReadAllBytes(_scratch.Path("out/scores.csv")));
    }

    [Fact]
    public async Task The_scores_are_those_of_the_live_pipeline()
    {
        var random = new Random(7);
        double[][] rows = [.. Enumerable.Range(0, 300).Select(_ => Noise(random, 5))];
        var train = _scratch.WriteMatrix("train.csv", 200, i => rows[i]);
        var test = _scratch.WriteMatrix("test.csv", 100, i => rows[200 + i]);
        var scores = await Score(train, test, "--model", "FD", "--tuning", "live");

        var live = new PodAnalyzer(new FeatureMap([.. Enumerable.Range(0, 5).Select(slot => Feature.Value(slot))]),
            new AnalyzerOptions { Detector = DetectorOptions.Live, MinRows = 200, MinSeconds = 0, MaxTrainingRows = 200 });
        live.Observe(rows[0], 0);
        for (var i = 0; i < 200; i++)
            live.Observe(rows[i], (i + 1) * 1_000_000_000L);
        for (var i = 0; i < 100; i++)
        {
            var seen = live.Observe(rows[200 + i], (201 + i) * 1_000_000_000L);
            Assert.Equal((seen.Score, seen.Anomalous), scores[i]);
        }
    }

    [Fact]
    public async Task What_explains_an_anomalous_row_is_named()
    {
        var random = new Random(8);
        var train = _scratch.WriteMatrix("train.csv", 300, _ => Noise(random, 5));
        var test = _scratch.WriteMatrix("test.csv", 50, i => i == 20 ? [0, 0, 0, 90, 0] : Noise(random, 5));
        await Score(train, test, "--model", "TH", "--top", "2");
        Assert.Contains("\"column 4 1\"", File.ReadAllLines(_scratch.Path("out/scores.csv"))[21], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_defect_in_the_input_leaves_no_output_and_exit_code_3()
    {
        var train = _scratch.Write("train.csv", "1,2", "3,x");
        Assert.Equal(3, await Scratch.Lab("score", "--train", train, "--test", train, "--out", _scratch.Path("scores.csv")));
        Assert.Equal(3, await Scratch.Lab("score", "--train", _scratch.Path("gone.csv"), "--test", train, "--out", _scratch.Path("scores.csv")));
        Assert.False(File.Exists(_scratch.Path("scores.csv")));
    }

    [Theory]
    [InlineData("-k", "5")]
    [InlineData("-k", "5", "-l", "4")]
    [InlineData("--threshold", "101")]
    [InlineData("--learning-rate", "2")]
    [InlineData("--model", "XX")]
    public async Task Settings_that_do_not_go_are_a_wrong_command_line(params string[] settings)
    {
        var train = _scratch.WriteMatrix("train.csv", 10, i => [i, i % 3]);
        Assert.Equal(2, await Scratch.Lab(["score", "--train", train, "--test", train, "--out", _scratch.Path("scores.csv"), .. settings]));
    }
}

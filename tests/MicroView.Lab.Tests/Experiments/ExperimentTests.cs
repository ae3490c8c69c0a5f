using System.Buffers.Binary;
using System.Xml.Linq;

namespace MicroView.Lab.Tests;

public sealed class ExperimentTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    private string Collected() => SmallExperiment.WriteCollected(_scratch, ("cart", 250, 259), ("front", 300, 309), ("cart", 350, 359));

    private static async Task<(int Status, string Output)> Run(params string[] arguments)
    {
        var output = new StringWriter();
        var result = LabCommandLine.BuildRootCommand().Parse(arguments);
        Assert.Empty(result.Errors);
        var status = await result.InvokeAsync(new System.CommandLine.InvocationConfiguration { Output = output, Error = output, EnableDefaultExceptionHandler = false });
        return (status, output.ToString());
    }

    private static string[][] Cells(string file) => [.. File.ReadAllLines(file).Select(line => line.Split(','))];

    [Fact]
    public async Task The_pipeline_runs_whole_in_the_artifacts_layout()
    {
        var folder = Collected();
        var (status, output) = await Run("pipeline", "all", folder);
        Assert.Equal(0, status);
        Assert.Contains("split: cart: 200 rows to learn from, 200 to judge", output);
        Assert.DoesNotContain("warning", output);
        var results = Path.Combine(folder, "results");
        var best = Cells(Path.Combine(results, "best_config.csv"));
        Assert.Equal(["service", "model", "k", "l", "threshold", "learning_rate"], best[0]);
        Assert.Equal(["cart", "front"], best[1..].Select(row => row[0]));
        var performance = Cells(Path.Combine(results, "best_config_parameters_and_performance.csv"));
        Assert.Equal(["labels", "label-free", "labels", "label-free"], performance[1..].Select(row => row[1]));
        // 42 configurations of two services: l 25 has three k, l 50 has four; two thresholds, three η.
        Assert.Equal(1 + 2 * 7 * 2 * 3, Cells(Path.Combine(results, "hyperparameter_results_FD.csv")).Length);
        Assert.Equal(1 + 200, Cells(Path.Combine(results, "merged.csv")).Length);
        // VAE has nothing to vary but its threshold.
        Assert.Equal(["99", "99.9", "99", "99.9"], Cells(Path.Combine(results, "hyperparameter_results_VAE.csv"))[1..].Select(row => row[4]));
    }

    [Fact]
    public async Task A_grid_of_the_right_size_finds_the_faults_and_the_merge_joins_them()
    {
        var folder = Collected();
        Assert.Equal(0, (await Run("pipeline", "split", folder)).Status);
        // Two directions are the load; six metrics have no room for ten.
        Assert.Equal(0, (await Run("grid", "--data", folder, "-k", "1,2", "-l", "6", "--threshold", "99.9", "--learning-rate", "0")).Status);
        var (status, output) = await Run("tune", "--data", folder);
        Assert.Equal(0, status);
        Assert.Contains("by labels (oracle)", output);
        Assert.All(Cells(Path.Combine(folder, "results/best_config_parameters_and_performance.csv"))[1..].Where(row => row[1] == "labels"), row => Assert.Equal(1.0, double.Parse(row[8], System.Globalization.CultureInfo.InvariantCulture)));
        await Run("merge", "--data", folder);
        var merged = Cells(Path.Combine(folder, "results/merged.csv"))[1..];
        // Every fault of any service is an anomaly of the application, and says whose it is.
        Assert.Equal(30, merged.Count(row => row[1] == "1"));
        Assert.All(merged.Where(row => row[1] == "1"), row => Assert.Equal("1", row[2]));
        Assert.Contains(merged, row => row[3] == "front");
    }

    [Fact]
    public async Task Faults_in_the_training_range_are_warned_of()
    {
        var folder = SmallExperiment.WriteCollected(_scratch, ("cart", 50, 59), ("front", 300, 309));
        var (_, output) = await Run("pipeline", "split", folder);
        Assert.Contains("warning: cart learns from", output);
        Assert.Contains("in which 1 faults were injected (1 of them into it", output);
        Assert.Contains("warning: front learns from", output);
        Assert.Equal(1, (await Run("dataset", "check", "--data", folder)).Status);
    }

    [Fact]
    public async Task A_split_that_leaves_nothing_to_judge_is_refused()
    {
        var folder = Collected();
        Assert.Equal(3, await Scratch.Lab("pipeline", "split", folder, "--train-until", "2024-05-02T00:00:00Z"));
        Assert.Equal(3, await Scratch.Lab("pipeline", "split", folder, "--train-until", "2024-05-01T09:00:00Z"));
        Assert.Equal(0, await Scratch.Lab("pipeline", "split", folder, "--train-until", SmallExperiment.Time(100)));
        Assert.Equal(1 + 101, Cells(Path.Combine(folder, "metrics/cart/data_train.csv")).Length);
    }

    [Fact]
    public async Task A_classification_leaves_scores_figures_and_what_explains_them()
    {
        var folder = Collected();
        await Run("pipeline", "split", folder);
        var (status, output) = await Run("classify", "--data", folder, "--service", "cart", "--model", "FD", "-k", "2", "-l", "6", "--threshold", "99.9", "--learning-rate", "0", "--normalize", "none");
        Assert.Equal(0, status);
        var results = Path.Combine(folder, "results/cart/FD_k2_l6_p99.9_e0");
        var scores = Cells(Path.Combine(results, "scores.csv"));
        Assert.Equal(["timestamp", "score", "threshold", "label", "prediction", "alarm"], scores[0]);
        Assert.Equal(20, scores[1..].Count(row => row[3] == "1"));
        Assert.All(scores[1..].Where(row => row[3] == "1"), row => Assert.Equal("1", row[4]));
        var top = Cells(Path.Combine(results, "top_metrics.csv"))[1..3].Select(row => row[0]).Order();
        Assert.Equal(["value_1", "value_4"], top);
        Assert.Contains("value_1", output);
        foreach (var figure in (string[])["scores", "roc", "pr"])
        {
            AssertIsPicture(Path.Combine(results, figure + ".png"));
            AssertHasText(Path.Combine(results, figure + ".svg"));
        }
    }

    [Theory]
    [InlineData("cart: RFD, threshold 2 × p99.9", "--model", "RFD")]
    [InlineData("cart: RFD, threshold p95", "--model", "RFD", "--threshold", "95")]
    [InlineData("cart: TH, limit |z| = 3", "--model", "TH")]
    [InlineData("cart: TH, limits at p95 of |z|", "--model", "TH", "--threshold", "95")]
    [InlineData("cart: FD, k=6 ℓ=6, no unit norm, fitted within ±5, threshold p99", "--model", "FD", "-l", "6", "--normalize", "none", "--fit-clip", "5")]
    [InlineData("cart: FD, k=2 ℓ=6, threshold p99, η=0.1", "--model", "FD", "-k", "2", "-l", "6", "--learning-rate", "0.1")]
    public async Task A_figure_says_the_threshold_that_was_in_force(string title, params string[] options)
    {
        var folder = Collected();
        await Run("pipeline", "split", folder);
        var results = _scratch.Path("out");
        Assert.Equal(0, (await Run(["classify", "--data", folder, "--service", "cart", "--out", results, .. options])).Status);
        foreach (var figure in (string[])["scores", "roc", "pr"])
            Assert.Contains(title, XDocument.Load(Path.Combine(results, figure + ".svg")).Descendants().Select(element => element.Value.Trim()));
    }

    [Fact]
    public async Task The_percentile_of_TH_is_one_of_each_metric()
    {
        var folder = Collected();
        await Run("pipeline", "split", folder);
        async Task<int> Called(params string[] options)
        {
            await Run(["classify", "--data", folder, "--service", "cart", "--model", "TH", "--out", _scratch.Path("out"), .. options]);
            return Cells(_scratch.Path("out/scores.csv"))[1..].Count(row => row[4] == "1");
        }
        // Six metrics, each above its 90th percentile a tenth of the time; never above three deviations but in the twenty rows of faults.
        Assert.Equal(20, await Called());
        Assert.InRange(await Called("--threshold", "90"), 30, 140);
    }

    [Fact]
    public async Task Result_files_do_not_depend_on_the_run()
    {
        var folder = Collected();
        await Run("pipeline", "split", folder);
        string[] grid = ["grid", "--data", folder, "-k", "2,3", "-l", "4,6", "--learning-rate", "0.5"];
        await Run([.. grid, "--out", _scratch.Path("a")]);
        await Run([.. grid, "--out", _scratch.Path("b")]);
        Assert.Equal(File.ReadAllBytes(_scratch.Path("a/hyperparameter_results_FD.csv")), File.ReadAllBytes(_scratch.Path("b/hyperparameter_results_FD.csv")));
        AssertIsPicture(_scratch.Path("a/cart/heatmap_FD.png"));
    }

    [Fact]
    public async Task A_step_that_lacks_its_input_says_what_to_do()
    {
        var folder = Collected();
        foreach (var step in (string[])["collect", "trace"])
            Assert.Equal(3, await Scratch.Lab("pipeline", step, folder));
        Assert.Equal(2, await Scratch.Lab("pipeline", "no-such-step", folder));
        await Run("pipeline", "split", folder);
        Assert.Equal(2, await Scratch.Lab("classify", "--data", folder, "--service", "nobody"));
    }

    private static void AssertIsPicture(string file)
    {
        var bytes = File.ReadAllBytes(file);
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], bytes[..4]);
        Assert.True(BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(16)) >= 500);
        // A picture without its text compresses to much less.
        Assert.True(bytes.Length > 8_000, $"{file} has {bytes.Length} bytes");
    }

    private static void AssertHasText(string file)
    {
        var texts = XDocument.Load(file).Descendants().Where(element => element.Name.LocalName is "text" or "tspan").Select(element => element.Value).ToArray();
        Assert.Contains(texts, text => text.Contains("cart", StringComparison.Ordinal));
    }
}

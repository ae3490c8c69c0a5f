using System.CommandLine;
using System.Globalization;
using MicroView.Analysis;

namespace MicroView.Lab.Tests;

public sealed class PipelineVaeTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    private string Split()
    {
        var folder = SmallExperiment.WriteCollected(_scratch, ("cart", 250, 259), ("front", 300, 309), ("cart", 350, 359));
        Assert.Equal(0, Run("pipeline", "split", folder).Status);
        return folder;
    }

    private static (int Status, string Output) Run(params string[] arguments)
    {
        var output = new StringWriter();
        var result = LabCommandLine.BuildRootCommand().Parse(arguments);
        Assert.Empty(result.Errors);
        return (result.Invoke(new InvocationConfiguration { Output = output, Error = output, EnableDefaultExceptionHandler = false }), output.ToString());
    }

    private static (double Score, double Threshold)[] Scores(string folder, string service) =>
        [.. File.ReadLines(Path.Combine(folder, $"results/{service}/VAE_p99/scores.csv")).Skip(1).Select(line => line.Split(',')).Select(cells => (Number(cells[1]), Number(cells[2])))];

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    [Fact]
    public void The_step_trains_a_network_per_service_and_classifies_with_it_as_live()
    {
        var folder = Split();
        var (status, output) = Run("pipeline", "vae", folder);
        Assert.Equal(0, status);
        var models = VaeModels.Load(Path.Combine(folder, "models"));
        Assert.Equal(2, models.Count);
        foreach (var service in (string[])["cart", "front"])
        {
            var model = models.For(service, out _)!;
            Assert.Equal((service, 200L), (model.Service, model.TrainingRows));
            Assert.Contains($"{service}: 200 rows of 6 metrics", output);
            // A pod that is watched by this file gets the same score, and the same threshold, for each row.
            var map = new FeatureMap([.. Enumerable.Range(0, 6).Select(slot => Feature.Value(slot))]);
            var live = VaeFit.Start(model, map, ["", "", "", "", "", ""], DetectorOptions.Live with { Model = "VAE" }, out _)!;
            var test = DataSetReader.Read(folder).OfService(service)[0].Rows;
            var scores = Scores(folder, service);
            Assert.Equal(200, scores.Length);
            var z = new double[live.Detector.Stride];
            for (var i = 0; i < scores.Length; i++)
            {
                live.Scaling.Standardize(test[i], z);
                Assert.Equal(live.Detector.Score(z, 0), scores[i].Score, 1e-9 * scores[i].Score);
                Assert.Equal(live.Detector.Threshold, scores[i].Threshold, 1e-9 * scores[i].Threshold);
            }
            foreach (var file in (string[])["performance.csv", "scores.png", "scores.svg", "roc.png", "pr.svg"])
                Assert.True(File.Exists(Path.Combine(folder, $"results/{service}/VAE_p99", file)), file);
        }
        Assert.True(File.Exists(Path.Combine(folder, "results/hyperparameter_results_VAE.csv")));
    }

    [Fact]
    public void What_is_classified_later_is_judged_by_the_network_that_lies_there()
    {
        var folder = Split();
        string[] classify = ["classify", "--data", folder, "--service", "cart", "--model", "VAE", "--threshold", "99"];
        Assert.Equal(0, Run(classify).Status);
        var trainedForIt = Scores(folder, "cart");
        Assert.Equal(0, Run("vae", "train", "--data", folder, "--service", "cart", "--latent", "2", "--seed", "7", "--out", Path.Combine(folder, "models/")).Status);
        Assert.Equal(0, Run(classify).Status);
        var trainedBefore = Scores(folder, "cart");
        Assert.NotEqual(trainedForIt, trainedBefore);
        Assert.Equal(Math.Max(9.0 / 6, VaeModels.LoadFile(Path.Combine(folder, "models/cart.vae")).Threshold), trainedBefore[0].Threshold, 1e-9);
        // The label-free measure trains its own: one that has seen the rows that it is measured on would be no measure.
        Assert.Equal(0, Run("grid", "--data", folder, "--service", "cart", "--model", "VAE", "--out", _scratch.Path("with")).Status);
        Directory.Delete(Path.Combine(folder, "models"), recursive: true);
        Assert.Equal(0, Run("grid", "--data", folder, "--service", "cart", "--model", "VAE", "--out", _scratch.Path("without")).Status);
        string[][] Rows(string name) => [.. File.ReadLines(_scratch.Path($"{name}/hyperparameter_results_VAE.csv")).Skip(1).Select(line => line.Split(','))];
        Assert.Equal(Rows("without").Select(row => row[^1]), Rows("with").Select(row => row[^1]));
    }

    [Fact]
    public void Whatever_judges_by_a_tuned_network_reads_it()
    {
        var folder = Split();
        var traces = _scratch.Write("e/traces.csv", ["traceID,duration-ms,startTime,endTime,rpcErrors,operation,processes",
            .. Enumerable.Range(0, 400).Select(i => $"t{i},5,{1714557600000000L + i * 10_000_000L},{1714557600005000L + i * 10_000_000L},0,GET /,cart")]);
        Assert.Equal(0, Run("pipeline", "vae", folder).Status);
        Assert.Equal(0, Run("tune", "--data", folder).Status); // the only grid there is VAE's
        string[][] commands = [["merge", "--data", folder], ["traces", "sample", "--data", folder, "--traces", traces], ["grid", "--data", folder, "--model", "VAE"],
            ["traces", "evaluate", "--data", folder, "--traces", traces, "--model", "VAE"]];
        foreach (var command in commands)
            Assert.Equal(0, Run(command).Status);
        File.WriteAllText(Path.Combine(folder, "models/front.vae"), "no network");
        foreach (var command in commands)
        {
            Exception? error = Assert.ThrowsAny<Exception>(() => Run(command));
            while (error is AggregateException { InnerException: var inner })
                error = inner;
            Assert.Contains("models/front.vae: ", Assert.IsType<LabException>(error).Message);
        }
    }

    [Fact]
    public void A_network_of_other_metrics_or_none_at_all_is_one_clear_line()
    {
        var folder = Split();
        string[] classify = ["classify", "--data", folder, "--service", "cart", "--model", "VAE"];
        var matrix = _scratch.WriteMatrix("m.csv", 40, i => [i % 5, i % 7, i % 3]);
        Directory.CreateDirectory(Path.Combine(folder, "models"));
        Assert.Equal(0, Run("vae", "train", "--train", matrix, "--epochs", "1", "--service", "cart", "--out", Path.Combine(folder, "models")).Status);
        var other = Assert.Throws<LabException>(() => Run(classify));
        Assert.EndsWith("models/cart.vae: was trained on 3 metrics that are not the 6 of cart; train it again with 'microview lab pipeline vae'", other.Message);
        File.WriteAllText(Path.Combine(folder, "models/cart.vae"), "no network");
        var none = Assert.Throws<LabException>(() => Run(classify));
        Assert.EndsWith("train it again with 'microview lab pipeline vae'", none.Message);
        Assert.Contains("models/cart.vae: ", none.Message);
        // The step itself puts it right.
        Assert.Equal(0, Run("pipeline", "vae", folder).Status);
        Assert.Equal(0, Run(classify).Status);
    }
}

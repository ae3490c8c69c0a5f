using System.Diagnostics;
using System.Text.Json;
using MicroView.Analysis;

namespace MicroView.Lab.Tests;

/// <summary>The network beside an independent framework on the same weights, rows and noise.</summary>
[Trait("group", "slow")]
public sealed class VaeTorchTests
{
    private const string Python = "/usr/bin/python3";
    private const int Steps = 5;

    private sealed record LayerValues(double[] weights, double[] bias);

    private sealed record Problem(LayerValues[] layers, double[][] x, double[][] noise, double beta, double rate, int steps);

    private sealed record Answer(double[][] reconstruction, double[] errors, double[] losses, double[][] gradients, double[][] trained);

    [Theory]
    [InlineData(64, 10, 32)]
    [InlineData(19, 10, 64)]
    [InlineData(3, 2, 7)]
    public async Task Outputs_gradients_and_training_are_those_of_PyTorch(int dimension, int latent, int rows)
    {
        var network = new TrainedNetwork(dimension, latent, beta: 0.7, rows, seed: 11);
        RoundToSingle(network);
        var (x, noise) = (Values(dimension, rows, 1), Values(latent, rows, 2));
        LayerValues[] layers = [.. network.Layers.Select(layer => new LayerValues(layer.Weights, layer.Bias))];
        var answer = await AskAsync(new Problem(layers, Transposed(x), Transposed(noise), beta: 0.7, rate: 0.01, Steps));

        CheckInference(new VaeModel(network.Store(), new double[dimension], [.. Enumerable.Repeat(1.0, dimension)]), Transposed(x), answer);

        var adam = new AdamOptimizer(network.Layers, 0.01);
        for (var step = 0; step < Steps; step++)
        {
            Assert.Equal(answer.losses[step], network.Step(x, noise), 1e-9 * Math.Abs(answer.losses[step]));
            if (step == 0)
                Compare(answer.gradients, network.Layers.SelectMany(layer => new[] { layer.WeightGradient, layer.BiasGradient }), 1e-9);
            adam.Step();
        }
        Compare(answer.trained, network.Layers.SelectMany(layer => new[] { layer.Weights, layer.Bias }), 1e-7);
    }

    private static void CheckInference(VaeModel model, double[][] rows, Answer answer)
    {
        // Through the file, as it is deployed.
        var detector = new VaeDetector(model.Dimension, new DetectorOptions { Vae = VaeBytes.Read(VaeBytes.Write(model)) });
        for (var i = 0; i < rows.Length; i++)
        {
            var (row, reconstruction) = (new double[detector.Stride], new double[detector.Stride]);
            rows[i].CopyTo(row, 0);
            detector.Reconstruct(row, reconstruction);
            for (var j = 0; j < model.Dimension; j++)
                Assert.Equal(answer.reconstruction[i][j], reconstruction[j], 1e-5);
            Assert.Equal(answer.errors[i], detector.Score(row, row.Sum(value => value * value)), 1e-5);
        }
    }

    private static void Compare(double[][] expected, IEnumerable<double[]> found, double tolerance)
    {
        foreach (var (wanted, got) in expected.Zip(found))
            for (var i = 0; i < wanted.Length; i++)
                Assert.Equal(wanted[i], got[i], tolerance * (1 + Math.Abs(wanted[i])));
    }

    private static async Task<Answer> AskAsync(Problem problem)
    {
        Assert.SkipUnless(File.Exists(Python), $"there is no {Python}");
        var probe = await RunAsync(["-c", "import torch"], "");
        Assert.SkipUnless(probe.ExitCode == 0, $"{Python} has no torch (Debian: apt-get install --no-install-recommends python3-torch, 600 MB)");
        var (exitCode, output, errors) = await RunAsync([Path.Combine(AppContext.BaseDirectory, "Vae", "vae_reference.py")], JsonSerializer.Serialize(problem));
        Assert.True(exitCode == 0, errors);
        return JsonSerializer.Deserialize<Answer>(output)!;
    }

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(string[] arguments, string input)
    {
        using var process = Process.Start(new ProcessStartInfo(Python, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await errors);
    }

    /// <summary>So that both sides begin at the same weights, whatever their precision.</summary>
    private static void RoundToSingle(TrainedNetwork network)
    {
        foreach (var layer in network.Layers)
            foreach (var values in (double[][])[layer.Weights, layer.Bias])
                for (var i = 0; i < values.Length; i++)
                    values[i] = (float)values[i];
    }

    private static Activations Values(int units, int rows, ulong seed)
    {
        var (random, values) = (new NormalNumbers(seed), new Activations(units, rows));
        for (var unit = 0; unit < units; unit++)
            random.Fill(values[unit]);
        return values;
    }

    private static double[][] Transposed(Activations values) =>
        [.. Enumerable.Range(0, values.Count).Select(row => Enumerable.Range(0, values.Units).Select(unit => values[unit][row]).ToArray())];
}

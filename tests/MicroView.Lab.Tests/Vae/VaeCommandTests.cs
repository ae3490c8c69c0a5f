using MicroView.Analysis;

namespace MicroView.Lab.Tests;

public sealed class VaeCommandTests : IDisposable
{
    private readonly Scratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    /// <summary>An experiment in the artifact's layout; the test rows are unlike the training rows, so that using them would show.</summary>
    private string Experiment(params string[] services)
    {
        foreach (var (index, service) in services.Index())
        {
            ArtifactReader.WriteRows(_scratch.Write($"data/metrics/{service}/data_train.csv"), VaeTrainerTests.Rows(120, index));
            ArtifactReader.WriteRows(_scratch.Write($"data/metrics/{service}/data_test.csv"), VaeTrainerTests.Rows(30, index, change: (_, row) => row[0] = 1e6));
            ColumnDescription.Write(_scratch.Write($"data/metrics/{service}/column_desc.json"), VaeTrainerTests.Names);
        }
        return _scratch.Path("data");
    }

    [Fact]
    public async Task A_service_is_trained_on_its_training_rows_into_a_file_that_live_code_reads()
    {
        var data = Experiment("cart", "mail");
        Assert.Equal(0, await Scratch.Lab("vae", "train", "--data", data, "--service", "cart", "--out", _scratch.Path("out/cart.vae"), "--epochs", "2", "--threshold", "99.9"));
        var model = VaeModels.Load(_scratch.Path("out/cart.vae")).For("cart", out _)!;
        Assert.Equal(("cart", 120, 99.9), (model.Service, model.TrainingRows, model.ThresholdPercentile));
        Assert.Equal(VaeTrainerTests.Names, model.Names);
        Assert.InRange(model.Means[0], 90, 110);
        Assert.Equal(["cart.vae"], Directory.GetFiles(_scratch.Path("out")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Without_a_service_every_one_gets_its_file_in_a_folder()
    {
        var data = Experiment("cart", "mail");
        Assert.Equal(0, await Scratch.Lab("vae", "train", "--data", data, "--out", _scratch.Path("models"), "--epochs", "1"));
        var models = VaeModels.Load(_scratch.Path("models"));
        Assert.Equal(2, models.Count);
        Assert.Equal("mail", models.For("mail", out _)!.Service);
    }

    [Fact]
    public async Task A_plain_matrix_gives_a_network_for_any_service()
    {
        var rows = VaeTrainerTests.Rows(100, 3);
        var file = _scratch.WriteMatrix("rows.csv", 100, i => rows[i].ToArray());
        Assert.Equal(0, await Scratch.Lab("vae", "train", "--train", file, "--out", _scratch.Path("any.vae"), "--epochs", "1"));
        var model = VaeModels.LoadFile(_scratch.Path("any.vae"));
        Assert.Equal(("", false, 8), (model.Service, model.IsNamed, model.Dimension));
        Assert.Equal(0, await Scratch.Lab("vae", "show", _scratch.Path("any.vae")));
    }

    [Fact]
    public async Task Rows_of_fault_windows_are_left_out_where_training_rows_are_not_apart()
    {
        string[] lines = ["timestamp,service,pod,a,b",
            .. Enumerable.Range(0, 100).Select(i => $"2022-08-22T{i / 60:00}:{i % 60:00}:00Z,cart,cart-1,{(i is > 40 and < 44 ? 1e6 : i % 7)},{i % 5}")];
        _scratch.Write("set/metrics/cart.csv", lines);
        _scratch.Write("set/faults.csv", "start,end,service", "2022-08-22T00:40:30Z,2022-08-22T00:43:30Z,mail");
        Assert.Equal(0, await Scratch.Lab("vae", "train", "--data", _scratch.Path("set"), "--service", "cart", "--out", _scratch.Path("m.vae"), "--epochs", "1", "--until", "2022-08-22T01:20:00Z"));
        var model = VaeModels.LoadFile(_scratch.Path("m.vae"));
        Assert.Equal(81 - 6, model.TrainingRows);
        Assert.InRange(model.Means[0], 0, 6);
    }

    [Fact]
    public async Task Score_trains_a_network_of_its_own()
    {
        var (train, test) = (VaeTrainerTests.Rows(300, 1), VaeTrainerTests.Rows(100, 2, broken: true));
        var files = (_scratch.WriteMatrix("train.csv", 300, i => train[i].ToArray()), _scratch.WriteMatrix("test.csv", 100, i => test[i].ToArray()));
        Assert.Equal(0, await Scratch.Lab("score", "--train", files.Item1, "--test", files.Item2, "--model", "VAE", "--out", _scratch.Path("scores.csv")));
        var anomalous = File.ReadLines(_scratch.Path("scores.csv")).Skip(1).Count(line => line.Split(',')[3] == "1");
        Assert.InRange(anomalous, 60, 100); // of training rows, one in a thousand would be
    }

    [Theory]
    [InlineData("--out", "x.vae")]
    [InlineData("--data", "a", "--train", "b", "--out", "x.vae")]
    [InlineData("--data", "{0}/data", "--service", "gone", "--out", "{0}/x.vae")]
    [InlineData("--train", "{0}/data/metrics/cart/data_train.csv", "--out", "{0}/")]
    [InlineData("--train", "{0}/data/metrics/cart/data_train.csv", "--out", "{0}/x.vae", "--from", "yesterday")]
    [InlineData("--data", "{0}/data", "--service", "cart", "--out", "{0}/x.vae", "--latent", "0")]
    public async Task A_wrong_command_line_ends_with_exit_code_2(params string[] arguments)
    {
        var folder = _scratch.Path("");
        Experiment("cart");
        Assert.Equal(2, await Scratch.Lab(["vae", "train", .. arguments.Select(argument => string.Format(null, argument, folder))]));
    }

    [Fact]
    public async Task A_damaged_network_is_shown_as_such()
    {
        await File.WriteAllTextAsync(_scratch.Path("bad.vae"), "no network", TestContext.Current.CancellationToken);
        Assert.Equal(2, await Scratch.Lab("vae", "show", _scratch.Path("bad.vae")));
        Assert.NotEqual(0, await Scratch.Lab("vae", "show", _scratch.Path("gone.vae")));
    }
}

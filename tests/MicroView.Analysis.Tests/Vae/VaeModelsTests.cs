namespace MicroView.Analysis.Tests;

public sealed class VaeModelsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("microview vae ");

    public void Dispose() => _folder.Delete(recursive: true);

    private string Write(string name, VaeModel model)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllBytes(path, VaeBytes.Write(model));
        return path;
    }

    [Fact]
    public void A_file_of_no_service_is_for_every_service_and_one_of_a_service_for_that_alone()
    {
        var any = VaeModels.Load(Write("any.vae", VaeScene.Model(4)));
        Assert.NotNull(any.For("cart", out _));
        Assert.NotNull(any.For("", out _));
        var cart = VaeModels.Load(Write("cart.vae", VaeScene.Model(4, service: "cart")));
        Assert.NotNull(cart.For("cart", out _));
        Assert.Null(cart.For("mail", out var problem));
        Assert.Contains("trained on service cart, not on mail", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_has_a_file_per_service()
    {
        Write("cart.vae", VaeScene.Model(4));
        Write(VaeModels.FileNameOf("shop/mail"), VaeScene.Model(5));
        File.WriteAllText(Path.Combine(_folder.FullName, "README"), "not a model");
        var models = VaeModels.Load(_folder.FullName);
        Assert.Equal(2, models.Count);
        Assert.Equal(4, models.For("cart", out _)!.Dimension);
        Assert.Equal(5, models.For("shop/mail", out _)!.Dimension);
        Assert.Null(models.For("pay", out var problem));
        Assert.Contains("no pay.vae in", problem, StringComparison.Ordinal);
        Assert.Null(models.For("", out _));
    }

    [Fact]
    public void What_cannot_be_read_is_one_line_with_the_file()
    {
        var file = Path.Combine(_folder.FullName, "broken.vae");
        File.WriteAllText(file, "no model");
        Assert.Equal($"{file}: this is not a trained VAE", Assert.Throws<InvalidDataException>(() => VaeModels.Load(file)).Message);
        Assert.StartsWith(file, Assert.Throws<InvalidDataException>(() => VaeModels.Load(_folder.FullName)).Message, StringComparison.Ordinal);
        File.Delete(file);
        Assert.Contains("no file *.vae", Assert.Throws<InvalidDataException>(() => VaeModels.Load(_folder.FullName)).Message, StringComparison.Ordinal);
        Assert.Throws<FileNotFoundException>(() => VaeModels.Load(file));
        Assert.Throws<InvalidDataException>(() => VaeModels.Load("/dev/zero"));
    }

    [Fact]
    public void Metrics_are_found_by_name_in_any_order_and_others_are_left_out()
    {
        var names = VaeScene.Names(5);
        var model = VaeScene.Model(5, names: names);
        string[] shuffled = [names[3], "another_metric", names[0], names[4], names[2], names[1]];
        int[] places = [2, 5, 4, 0, 3];
        var start = VaeFit.Start(model, VaeScene.Map(6), shuffled, new DetectorOptions(), out _)!;
        var ordered = VaeFit.Start(model, VaeScene.Map(5), names, new DetectorOptions(), out _)!;
        double[] row = [11, 14, 9, 20, 13], mixed = new double[6];
        for (var i = 0; i < 5; i++)
            mixed[places[i]] = row[i];
        mixed[1] = 1e9;
        var (expected, score) = (Judge(ordered, row, out var shares), Judge(start, mixed, out var mixedShares));
        Assert.Equal(expected, score, 1e-12);
        for (var i = 0; i < 5; i++)
            Assert.Equal(shares[i], mixedShares[places[i]], 1e-12);
        Assert.Equal(0, mixedShares[1]);
        Assert.True(start.IsTrained);
        Assert.Equal(model.Threshold, start.Detector.Threshold);
    }

    [Fact]
    public void A_pod_that_lacks_a_metric_or_has_another_width_is_refused_with_what_it_lacks()
    {
        var names = VaeScene.Names(5);
        Assert.Null(VaeFit.Start(VaeScene.Model(5, names: names), VaeScene.Map(4), names[..4], new DetectorOptions(), out var problem));
        Assert.Contains("5 metrics, of which 1 are not among the pod's 4, such as metric_4", problem, StringComparison.Ordinal);
        Assert.Null(VaeFit.Start(VaeScene.Model(5), VaeScene.Map(4), names[..4], new DetectorOptions(), out problem));
        Assert.Equal("the model takes 5 metrics, the pod has 4", problem);
        Assert.NotNull(VaeFit.Start(VaeScene.Model(4), VaeScene.Map(4), names[..4], new DetectorOptions(), out _));
    }

    private static double Judge(PodKnowledge start, double[] features, out double[] shares)
    {
        var z = new double[start.Detector.Stride];
        start.Scaling.Standardize(features, z);
        shares = new double[z.Length];
        start.Detector.Attribute(z, shares);
        return start.Detector.Score(z, RowKernels.SquaredNorm(z));
    }
}

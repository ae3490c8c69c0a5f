using System.CommandLine;

namespace MicroView.Lab;

/// <summary>`microview lab vae`: networks for model VAE.</summary>
internal static class VaeCommand
{
    public static Command Create()
    {
        var command = new Command("vae", "Train the networks of model VAE, and look into them.") { CreateTrain(), CreateShow() };
        return command;
    }

    private static DocumentedCommand CreateTrain()
    {
        var options = new VaeOptionTable();
        var command = new DocumentedCommand("train", "Train the network of a service, d-64-32-10-32-64-d, from rows without faults.",
            new("microview lab vae train --data experiment --service cart --out cart.vae", "for microview nic --model VAE --model-file cart.vae"),
            new("microview lab vae train --data experiment --out models/", "every service: models/SERVICE.vae"),
            new("microview lab vae train --train rows.csv --out any.vae --threshold 99.9", "a plain matrix, for pods of any service"));
        options.AddTo(command);
        command.SetAction((result, stop) => Task.Run(() => VaeRun.Train(options.Read(result), result.InvocationConfiguration.Error, stop), stop));
        return command;
    }

    private static DocumentedCommand CreateShow()
    {
        var file = new Argument<string>("FILE") { Description = "A trained network" };
        var command = new DocumentedCommand("show", "Say what is in a trained network: service, metrics, scaling, threshold.",
            new Example("microview lab vae show cart.vae", "what the file holds"))
        {
            file,
        };
        command.SetAction(result => VaeRun.Show(result.GetRequiredValue(file), result.InvocationConfiguration.Output));
        return command;
    }
}

/// <summary>The options of `lab vae train`.</summary>
internal sealed class VaeOptionTable
{
    private static readonly VaeTrainingOptions s_standard = new();

    public Option<string?> Data { get; } = Kinds.Text("--data", "DIR", "Folder of the data set: the artifact's layout (its training rows) or the development set's (rows outside faults)", "-d");

    public Option<string?> Train { get; } = Kinds.Text("--train", "FILE", "Instead of a data set: a matrix of numbers, CSV with or without a header, .gz allowed");

    public Option<string?> Service { get; } = Kinds.Text("--service", "NAME", "Service to train; with --train, the service that the network is for [default: every service, into the folder --out]", "-s");

    public Option<string> Out { get; } = Kinds.Required("--out", "PATH", "Where the network goes: a file, or a folder for SERVICE.vae", "-o");

    public Option<string?> From { get; } = Kinds.Text("--from", "TIME", "Only rows after this time (2022-08-22T08:30:00Z)");

    public Option<string?> Until { get; } = Kinds.Text("--until", "TIME", "Only rows up to this time");

    public Option<double> Threshold { get; } = Kinds.Number("--threshold", "P", "Percentile of the training errors that becomes the threshold", s_standard.ThresholdPercentile, 0.001, 100);

    public Option<int> Epochs { get; } = Kinds.Count("--epochs", "N", $"Passes over the rows; more where those are fewer than {s_standard.LeastSteps} batches", s_standard.Epochs, 1, 1_000_000);

    public Option<int> Batch { get; } = Kinds.Count("--batch", "N", "Rows per step", s_standard.BatchSize, 1, 65536);

    public Option<double> Rate { get; } = Kinds.Number("--adam-rate", "RATE", "Adam's step size", s_standard.LearningRate, 1e-9, 1);

    public Option<int> Latent { get; } = Kinds.Count("--latent", "N", "Latent width", s_standard.Latent, 1, MicroView.Analysis.VaeModel.MaxLatent);

    public Option<double> KlWeight { get; } = Kinds.Number("--kl-weight", "BETA", "Weight of the KL term of the loss", s_standard.KlWeight, 0, 1e6);

    public Option<double> Clip { get; } = Kinds.Number("--clip", "Z", "Bound on |z| of the rows trained on", s_standard.Clip, 0.1, 1e6);

    public Option<int> Seed { get; } = Kinds.Count("--seed", "N", "Seed of everything random; the same seed gives the same network", 1, 0, int.MaxValue);

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[Data, Train, Service, Out, From, Until, Threshold, Epochs, Batch, Rate, Latent, KlWeight, Clip, Seed])
            command.Add(option);
    }

    /// <exception cref="LabException">The options contradict each other.</exception>
    public VaeRequest Read(ParseResult result)
    {
        var (data, train) = (result.GetValue(Data), result.GetValue(Train));
        if (data is null == train is null)
            throw new LabException("give either --data, a data set, or --train, a matrix of rows", ExitCode.Usage);
        return new VaeRequest(data, train, result.GetValue(Service), result.GetValue(Out)!, Time(result, From, long.MinValue), Time(result, Until, long.MaxValue), new VaeTrainingOptions
        {
            ThresholdPercentile = result.GetValue(Threshold),
            Epochs = result.GetValue(Epochs),
            BatchSize = result.GetValue(Batch),
            LearningRate = result.GetValue(Rate),
            Latent = result.GetValue(Latent),
            KlWeight = result.GetValue(KlWeight),
            Clip = result.GetValue(Clip),
            Seed = (ulong)result.GetValue(Seed),
        });
    }

    private static long Time(ParseResult result, Option<string?> option, long standard)
    {
        if (result.GetValue(option) is not { } text)
            return standard;
        return CsvTime.TryParse(text, out var time) ? time : throw new LabException($"{option.Name}: '{text}' is not a time such as 2022-08-22T08:30:00Z", ExitCode.Usage);
    }
}

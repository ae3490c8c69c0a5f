using System.CommandLine;
using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>The options that say which detector runs, and how; the same for every command that has one.</summary>
/// <param name="standard">The model when none is named; "all" adds that choice.</param>
internal sealed class ModelOptions(string standard = "FD")
{
    /// <summary>Every model that judges, in the registry's order.</summary>
    public static IReadOnlyList<string> Judging { get; } =
        [.. DetectorRegistry.Names.Where(name => !name.Equals("none", StringComparison.OrdinalIgnoreCase))];

    public Option<string> Model { get; } = Kinds.Choice("--model", "Detector", standard, standard == "all" ? ["all", .. Judging] : Judging, "-m");

    public Option<int?> Components { get; } = Kinds.OptionalCount("-k", "K", "FD, RFD: directions taken as normal [default: l]", 1, 1024, "--components");

    public Option<int?> SketchRows { get; } = Kinds.OptionalCount("-l", "L", "FD, RFD: rows of the sketch [default: the root of the number of metrics]", 2, 1024, "--sketch-rows");

    public Option<double?> Threshold { get; } = Kinds.OptionalNumber("--threshold", "P", "Percentile of the training scores that becomes the threshold [default: the model's own]", 0.001, 100);

    public Option<double?> Eta { get; } = Kinds.OptionalNumber("--learning-rate", "E", "eta: the probability that an anomalous row is absorbed; normal rows always are. Given, the model learns online [default: it does not]", 0, 1, "--eta");

    public Option<string> Normalize { get; } = Kinds.Choice("--normalize", "FD's norm of a row: unit (the paper's; blind to the size of an anomaly) or none", "unit", ["unit", "none"]);

    public Option<int> Seed { get; } = LabOptions.Seed();

    public void AddTo(Command command)
    {
        Option[] table = [Model, Components, SketchRows, Threshold, Eta, Normalize, Seed];
        foreach (var option in table)
            command.Add(option);
    }

    /// <summary>Whether any setting of the detector was given.</summary>
    public bool IsConfigured(ParseResult result)
    {
        Option[] settings = [Components, SketchRows, Threshold, Eta, Normalize];
        return settings.Any(option => result.GetResult(option) is { Implicit: false });
    }

    /// <summary>The settings that the parsed options mean.</summary>
    /// <exception cref="LabException">They contradict each other.</exception>
    public ModelChoice Read(ParseResult result)
    {
        var rows = result.GetValue(SketchRows) ?? 0;
        var components = result.GetValue(Components) ?? 0;
        if (rows == 0 && components > 0)
            throw new LabException($"-k {components} needs -l, the rows of the sketch, and at least as many of them", ExitCode.Usage);
        if (rows > 0 && components > rows)
            throw new LabException($"-k {components} exceeds -l {rows}: a sketch has no more directions than rows", ExitCode.Usage);
        var detector = new DetectorOptions
        {
            Model = result.GetValue(Model)!,
            SketchRows = rows,
            Components = components,
            Eta = result.GetValue(Eta) ?? 0,
            Normalization = result.GetValue(Normalize) == "unit" ? Normalization.Unit : Normalization.None,
            Seed = (ulong)result.GetValue(Seed),
        };
        if (result.GetValue(Threshold) is { } percentile)
            detector = detector with { ThresholdPercentile = percentile };
        return new ModelChoice(detector, UpdateOnline: result.GetValue(Eta) is not null);
    }
}

/// <summary>A detector's settings and how it is run.</summary>
/// <param name="Detector">Settings.</param>
/// <param name="UpdateOnline">Whether it learns from the rows that it judges.</param>
internal sealed record ModelChoice(DetectorOptions Detector, bool UpdateOnline)
{
    /// <summary>Floor of a deviation as a part of the mean (see <see cref="AnalyzerOptions.RelativeFloor"/>); the paper has none.</summary>
    public double RelativeFloor { get; init; } = new AnalyzerOptions().RelativeFloor;

    /// <summary>Which metrics it gets.</summary>
    public MetricChoice Metrics { get; init; }

    /// <summary>FD gets what the paper gives it, no floor and no metric without a deviation; other models stay as they are.</summary>
    public ModelChoice AsInThePaper() => Detector.Model == "FD" ? this with { RelativeFloor = 0, Metrics = MetricChoice.Complete } : this;
}

using System.CommandLine;
using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>The options that say which detector runs, and how; the same for every command that has one.</summary>
/// <param name="all">Whether "all" is a choice, and the default.</param>
/// <param name="standard">The model when none is named; null for the usual one.</param>
internal sealed class ModelOptions(bool all = false, string? standard = null)
{
    private const string Paper = "paper", Live = "live", Auto = "auto", Unit = "unit";

    /// <summary>Every model that judges, in the registry's order.</summary>
    public static IReadOnlyList<string> Judging { get; } =
        [.. DetectorRegistry.Names.Where(name => !name.Equals("none", StringComparison.OrdinalIgnoreCase))];

    /// <summary>The model when none is named.</summary>
    public static string Standard { get; } = DetectorRegistry.Contains("RFD") ? "RFD" : "FD";

    public Option<string> Model { get; } = Kinds.Choice("--model", "Detector", standard ?? (all ? "all" : Standard), all ? ["all", .. Judging] : Judging, "-m");

    public Option<string> Tuning { get; } = Kinds.Choice("--tuning", "Settings to start from: paper, as published; live, as `microview up` runs; auto: paper for FD, else live", Auto, [Auto, Paper, Live]);

    public Option<int?> Components { get; } = Kinds.OptionalCount("-k", "K", "FD, RFD: directions taken as normal [default: l]", 1, 1024, "--components");

    public Option<int?> SketchRows { get; } = Kinds.OptionalCount("-l", "L", "FD, RFD: rows of the sketch [default: the root of the number of metrics]", 2, 1024, "--sketch-rows");

    public Option<double?> Threshold { get; } = Kinds.OptionalNumber("--threshold", "P", "Percentile of the training scores that becomes the threshold; TH: of each metric's |z|, its limit [default: the model's own]", 0.001, 100);

    public Option<double?> Eta { get; } = Kinds.OptionalNumber("--learning-rate", "E", "eta: the probability that an anomalous row is absorbed; normal rows always are. Given, the model learns online [default: it does not]", 0, 1, "--eta");

    public Option<string> Normalize { get; } = Kinds.Choice("--normalize", "FD's norm of a row: unit (the paper's; blind to the size of an anomaly), none, or as --tuning says", Auto, [Auto, Unit, "none"]);

    public Option<double?> FitClip { get; } = Kinds.OptionalNumber("--fit-clip", "Z", "FD: clip deviations at Z while fitting the sketch; 0: as they are [default: 0, as in the paper]", 0, 1e9);

    public Option<double?> HoldLimit { get; } = Kinds.OptionalSeconds("--hold-limit", "RFD: a metric that has been out on one side for so long stands there now; seconds [default: 1800; without times, as long as was learnt]");

    public Option<double?> Settle { get; } = Kinds.OptionalSeconds("--settle", "RFD: a count (connections, threads, replicas) that stands still elsewhere for so long stands there now; seconds [default: 60]");

    public Option<double?> HalfLife { get; } = Kinds.OptionalSeconds("--half-life", "RFD: time after which half of a lasting small shift is normal; seconds [default: 3600]");

    public Option<int> Seed { get; } = LabOptions.Seed();

    public void AddTo(Command command)
    {
        Option[] table = [Model, Tuning, Components, SketchRows, Threshold, Eta, Normalize, FitClip, HoldLimit, Settle, HalfLife, Seed];
        foreach (var option in table)
            command.Add(option);
    }

    /// <summary>Whether any setting of the detector was given.</summary>
    public bool IsConfigured(ParseResult result)
    {
        Option[] settings = [Tuning, Components, SketchRows, Threshold, Eta, Normalize, FitClip, HoldLimit, Settle, HalfLife];
        return settings.Any(option => result.GetResult(option) is { Implicit: false });
    }

    /// <summary>The settings that the parsed options mean.</summary>
    /// <param name="result">The parsed options.</param>
    /// <param name="asLive">Whether "auto" means the live settings for FD as well.</param>
    /// <exception cref="LabException">They contradict each other.</exception>
    public ModelChoice Read(ParseResult result, bool asLive = false)
    {
        var rows = result.GetValue(SketchRows) ?? 0;
        var components = result.GetValue(Components) ?? 0;
        if (rows == 0 && components > 0)
            throw new LabException($"-k {components} needs -l, the rows of the sketch, and at least as many of them", ExitCode.Usage);
        if (rows > 0 && components > rows)
            throw new LabException($"-k {components} exceeds -l {rows}: a sketch has no more directions than rows", ExitCode.Usage);
        var model = result.GetValue(Model)!;
        var tuning = result.GetValue(Tuning);
        var asPublished = tuning == Paper || (tuning == Auto && model == "FD" && !asLive);
        var detector = (asPublished ? new DetectorOptions() : DetectorOptions.Live) with
        {
            Model = model,
            SketchRows = rows,
            Components = components,
            FitClip = result.GetValue(FitClip) ?? 0,
            Eta = result.GetValue(Eta) ?? 0,
            Seed = (ulong)result.GetValue(Seed),
        };
        if (result.GetValue(Normalize) is { } norm && norm != Auto)
            detector = detector with { Normalization = norm == Unit ? Normalization.Unit : Normalization.None };
        if (result.GetValue(HoldLimit) is { } hold)
            detector = detector with { HoldLimitSeconds = Math.Max(1e-9, hold) };
        if (result.GetValue(Settle) is { } settle)
            detector = detector with { SettleSeconds = Math.Max(1e-9, settle) };
        if (result.GetValue(HalfLife) is { } half)
            detector = detector with { DriftHalfLifeSeconds = Math.Max(1e-9, half) };
        // A percentile that somebody names is the threshold, not the start of one.
        if (result.GetValue(Threshold) is { } percentile)
            detector = detector with { ThresholdPercentile = percentile, ThresholdFactor = 1, ZPercentile = model == "TH" ? percentile : null };
        return new ModelChoice(detector, UpdateOnline: result.GetValue(Eta) is not null) { IsAsPublished = asPublished, HasHoldLimit = result.GetValue(HoldLimit) is not null };
    }
}

/// <summary>A detector's settings and how it is run.</summary>
/// <param name="Detector">Settings.</param>
/// <param name="UpdateOnline">Whether it learns from the rows that it judges.</param>
internal sealed record ModelChoice(DetectorOptions Detector, bool UpdateOnline)
{
    /// <summary>Whether the settings are the paper's.</summary>
    public bool IsAsPublished { get; init; }

    /// <summary>Whether somebody named the hold limit, which otherwise is as long as was learnt where rows have no times.</summary>
    public bool HasHoldLimit { get; init; }

    /// <summary>Floor of a deviation as a part of the mean (see <see cref="AnalyzerOptions.RelativeFloor"/>); null for the usual one.</summary>
    public double? RelativeFloor { get; init; }

    /// <summary>Which metrics it gets.</summary>
    public MetricChoice Metrics { get; init; }

    /// <summary>The paper's FD gets what the paper gives it, no floor and no metric without a deviation; everything else stays as it is.</summary>
    public ModelChoice AsInThePaper() => IsAsPublished && Detector.Model == "FD" ? this with { RelativeFloor = 0, Metrics = MetricChoice.Complete } : this;
}

namespace MicroView.Analysis;

/// <summary>What happens to a row of z-scores before Frequent Directions sees it.</summary>
public enum Normalization
{
    /// <summary>Divided by its Euclidean norm, as in the paper (Sec. 4): only the direction of a deviation counts, not its size.</summary>
    Unit,

    /// <summary>Left as it is: the size of a deviation counts.</summary>
    None,
}

/// <summary>
/// Settings of all detectors; each reads what concerns it. The defaults are the paper's (Sec. 4), where it has them. Immutable and thread-safe;
/// <see cref="Validate"/> tells what is out of range.
/// </summary>
public sealed record DetectorOptions
{
    /// <summary>
    /// FD for live use on pods nobody tuned: no unit norm, only directions that several metrics share, and a threshold of twice the
    /// highest training scores.
    /// </summary>
    public static DetectorOptions Live { get; } =
        new() { Normalization = Normalization.None, LeastVariance = 1.1, ThresholdPercentile = 99.9, ThresholdFactor = 2 };

    /// <summary>A name in <see cref="DetectorRegistry"/>.</summary>
    public string Model { get; init; } = "FD";

    /// <summary>Normalisation of rows for FD.</summary>
    public Normalization Normalization { get; init; } = Normalization.Unit;

    /// <summary>ℓ, the rows of the sketch; 0 for ⌊√d⌋, at least 2.</summary>
    public int SketchRows { get; init; }

    /// <summary>
    /// k, the directions taken as normal, at most ℓ; 0 for ℓ. Never more than d − 1: all of them would explain every row.
    /// </summary>
    public int Components { get; init; }

    /// <summary>
    /// The mean square, in rows as the sketch gets them, that a direction must carry to be taken as normal; 0 for the paper's fixed k.
    /// Without unit norm a metric
    /// that moves on its own carries 1: without a floor above that (Kaiser's criterion, Educ. Psychol. Meas. 1960), a pod with few active
    /// metrics has each of them for a direction, and nothing that they do is ever a residual.
    /// </summary>
    public double LeastVariance { get; init; }

    /// <summary>
    /// FD: deviations are clipped at ± this before the sketch absorbs a row, so that one row of training that was far out is no direction of its own; scores are of
    /// rows as they are. 0, as in the paper: not clipped.
    /// </summary>
    public double FitClip { get; init; }

    /// <summary>Percentile of training scores that becomes the threshold, in 0..100.</summary>
    public double ThresholdPercentile { get; init; } = 99;

    /// <summary>
    /// The threshold is this many times the percentile; 1 in the paper. Training scores are those of rows that the sketch was fitted to,
    /// and of a short time: rows
    /// to come score higher without being strange.
    /// </summary>
    public double ThresholdFactor { get; init; } = 1;

    /// <summary>
    /// The threshold is never below this; null for the default of the normalisation: 0 with unit norm (as in the paper), 3 without, where
    /// a score is
    /// in deviations: an idle pod, with all training scores 0, must not alarm at a trifle.
    /// </summary>
    public double? MinThreshold { get; init; }

    /// <summary>η: the probability that an anomalous row is absorbed when learning online. Normal rows always are.</summary>
    public double Eta { get; init; }

    /// <summary>TH: the largest |z| that is normal.</summary>
    public double ZLimit { get; init; } = 3;

    /// <summary>
    /// TH: when set, each metric's limit is this percentile of its |z| in training (at least 1) instead of <see cref="ZLimit"/>.
    /// </summary>
    public double? ZPercentile { get; init; }

    /// <summary>RFD: seconds after which half of a lasting shift, small enough to be no event, is taken as normal; at least 60 rows.</summary>
    public double DriftHalfLifeSeconds { get; init; } = 3600;

    /// <summary>RFD: seconds after which a metric that has been out on one side stands there for good; at least 15 rows.</summary>
    public double HoldLimitSeconds { get; init; } = 1800;

    /// <summary>RFD: seconds after which a count (connections, threads, replicas) that stands still elsewhere stands there for good; at least 15 rows.</summary>
    public double SettleSeconds { get; init; } = 60;

    /// <summary>VAE: the trained network, which that detector cannot do without.</summary>
    public VaeModel? Vae { get; init; }

    /// <summary>Seed of a detector's random decisions (η).</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Checks ranges.</summary>
    /// <exception cref="ArgumentException">A setting is out of range; the message names it.</exception>
    public void Validate()
    {
        Require(SketchRows is 0 or (>= 2 and <= 1024), $"sketch rows (ℓ) must be 0 (automatic) or 2 to 1024, not {SketchRows}");
        Require(Components >= 0, $"components (k) must not be negative, not {Components}");
        Require(SketchRows == 0 || Components <= SketchRows, $"components (k) {Components} exceed the sketch rows (ℓ) {SketchRows}");
        Require(LeastVariance is >= 0 and <= double.MaxValue, $"the least variance must not be negative, not {LeastVariance}");
        Require(FitClip is >= 0 and <= double.MaxValue, $"the clip for fitting must not be negative, not {FitClip}");
        Require(ThresholdPercentile is > 0 and <= 100, $"the threshold percentile must be in (0, 100], not {ThresholdPercentile}");
        Require(ThresholdFactor is > 0 and <= double.MaxValue, $"the threshold factor must be positive, not {ThresholdFactor}");
        Require(MinThreshold is null or (>= 0 and <= double.MaxValue), $"the least threshold must not be negative, not {MinThreshold}");
        Require(Eta is >= 0 and <= 1, $"η must be in 0..1, not {Eta}");
        Require(ZLimit is > 0 and <= double.MaxValue, $"the z limit must be positive, not {ZLimit}");
        Require(DriftHalfLifeSeconds is > 0 and <= 1e9, $"the half-life of drift must be above 0 s, not {DriftHalfLifeSeconds}");
        Require(HoldLimitSeconds is > 0 and <= 1e9, $"the hold limit must be above 0 s, not {HoldLimitSeconds}");
        Require(SettleSeconds is > 0 and <= 1e9, $"the settling time must be above 0 s, not {SettleSeconds}");
        Require(ZPercentile is null or (> 0 and <= 100), $"the z percentile must be in (0, 100], not {ZPercentile}");
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
            throw new ArgumentException(message);
    }
}

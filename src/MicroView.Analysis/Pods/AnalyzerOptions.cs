namespace MicroView.Analysis;

/// <summary>Settings of a <see cref="PodAnalyzer"/>. Immutable and thread-safe; one instance serves all pods. <see cref="Validate"/> tells what is out of range.</summary>
public sealed record AnalyzerOptions
{
    /// <summary>The detector and its settings.</summary>
    public DetectorOptions Detector { get; init; } = new();

    /// <summary>When anomalous rows make an alarm.</summary>
    public AlarmOptions Alarm { get; init; } = new();

    /// <summary>
    /// False alarms that a pod may have a day: the threshold then follows the pod's own scores (see <see cref="AlarmBudget"/>), the last third of learning is held back
    /// to begin with. Null: the threshold is the detector's.
    /// </summary>
    public double? FalseAlarmsPerDay { get; init; }

    /// <summary>Rows a pod learns from at least.</summary>
    public int MinRows { get; init; } = 60;

    /// <summary>Wall time a pod learns for at least, in seconds.</summary>
    public double MinSeconds { get; init; } = 30;

    /// <summary>
    /// Training rows kept for the sketch and its threshold; beyond it every second one is let go, so that they stay spread over the
    /// learning time.
    /// </summary>
    public int MaxTrainingRows { get; init; } = 256;

    /// <summary>Floor of a feature's deviation as a part of its |mean|; null: what suits the detector. See <see cref="FeatureScaling"/>.</summary>
    public double? RelativeFloor { get; init; }

    /// <summary>Whether the detector goes on learning from rows while watching (see <see cref="Analysis.Detector.Update"/>).</summary>
    public bool UpdateOnline { get; init; }

    /// <summary>
    /// Rows in which a pod that has siblings must agree with what they learnt, to be watched by that (see <see cref="ServiceKnowledge"/>).
    /// </summary>
    public int WarmRows { get; init; } = 10;

    /// <summary>Wall time that those rows span at least, in seconds.</summary>
    public double WarmSeconds { get; init; } = 1;

    private const int FewestRows = 30; // of fewer, pods of many metrics raise alarms about noise

    /// <summary>The settings that a model runs live with, and the lab's where it does as the collector would.</summary>
    /// <param name="model">Name of the detector.</param>
    /// <param name="falseAlarmsPerDay">The budget; 0: the detector's own threshold; null: 1 for RFD, else 0.</param>
    /// <param name="learnSeconds">Least time of learning, in seconds; null: 30 s, and 60 rows. Never fewer than 30 rows.</param>
    /// <param name="rowSeconds">Seconds from row to row, which say how many rows a shorter learning has; 0: back to back.</param>
    public static AnalyzerOptions Live(string model, double? falseAlarmsPerDay = null, double? learnSeconds = null, double rowSeconds = 0)
    {
        ArgumentNullException.ThrowIfNull(model);
        var budget = falseAlarmsPerDay ?? (model.Equals("RFD", StringComparison.OrdinalIgnoreCase) ? 1 : 0);
        var options = new AnalyzerOptions { Detector = DetectorOptions.Live with { Model = model }, FalseAlarmsPerDay = budget > 0 ? budget : null };
        if (learnSeconds is not { } seconds)
            return options;
        var rows = rowSeconds > 0 ? (int)Math.Min(options.MinRows, Math.Round(seconds / rowSeconds)) : options.MinRows;
        return options with { MinSeconds = seconds, MinRows = Math.Max(FewestRows, rows) };
    }

    /// <summary>Checks ranges and that the model exists.</summary>
    /// <exception cref="ArgumentException">A setting is out of range; the message names it.</exception>
    public void Validate()
    {
        Detector.Validate();
        Alarm.Validate();
        if (!DetectorRegistry.Contains(Detector.Model))
            throw new ArgumentException($"Unknown model '{Detector.Model}'; use one of {string.Join(", ", DetectorRegistry.Names)}.");
        if (FalseAlarmsPerDay is not (null or (> 0 and <= 1e6)))
            throw new ArgumentException($"The budget of false alarms must be above 0 a day, not {FalseAlarmsPerDay}.");
        if (MinRows < 2)
            throw new ArgumentException($"A pod must learn from at least 2 rows, not {MinRows}.");
        if (MinSeconds is not (>= 0 and <= 1e7))
            throw new ArgumentException($"The learning time must be 0 to 1e7 seconds, not {MinSeconds}.");
        if (MaxTrainingRows < 2)
            throw new ArgumentException($"At least 2 training rows must be kept, not {MaxTrainingRows}.");
        if (WarmRows < 1)
            throw new ArgumentException($"At least 1 row must agree with what siblings learnt, not {WarmRows}.");
        if (WarmSeconds is not (>= 0 and <= 1e7))
            throw new ArgumentException($"The rows that must agree with what siblings learnt span 0 to 1e7 seconds, not {WarmSeconds}.");
        if (RelativeFloor is not (null or (>= 0 and < 1)))
            throw new ArgumentException($"The relative floor must be in [0, 1), not {RelativeFloor}.");
    }
}

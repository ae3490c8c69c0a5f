namespace MicroView.Lab;

/// <summary>One model's figures; the property names are those of the JSON.</summary>
internal sealed record EvaluationReport
{
    public required string Model { get; init; }

    public required string Configuration { get; init; }

    /// <summary>xd, sd or split.</summary>
    public required string Protocol { get; init; }

    /// <summary>Average precision over the pooled scores of all pods.</summary>
    public required double Ap { get; init; }

    /// <summary>F1 when a row is anomalous above the 99th percentile of its pod's training scores.</summary>
    public required double F1P99 { get; init; }

    /// <summary>F1 at the 99.9th percentile.</summary>
    public required double F1P999 { get; init; }

    /// <summary>Share of rows of the fault-free tail above the 99th percentile; null where the tail is not judged (sd, split).</summary>
    public required double? FprTail { get; init; }

    /// <summary>Share of faults with a row of the faulty pod above the 99th percentile.</summary>
    public required double Detected { get; init; }

    /// <summary>Share of faults whose pod has the highest score of all pods in the fault's window.</summary>
    public required double Top1 { get; init; }

    /// <summary>Share of faults whose pod is among the three highest.</summary>
    public required double Top3 { get; init; }

    /// <summary>F1 at the model's own threshold.</summary>
    public required double F1Own { get; init; }

    /// <summary>Share of the fault-free tail above the model's own threshold; null where the tail is not judged.</summary>
    public required double? FprOwn { get; init; }

    /// <summary>Counted rows of a faulty pod, and others.</summary>
    public required int Positives { get; init; }

    public required int Negatives { get; init; }

    /// <summary>What a ranking by chance has as average precision: the share of positives.</summary>
    public required double BaseAp { get; init; }

    public required IReadOnlyDictionary<string, TypeReport> ByType { get; init; }

    /// <summary>True when labels chose the configuration: an oracle's figure, not what a user gets.</summary>
    public bool TunedByLabels { get; init; }
}

/// <summary>A kind of fault: how many, and the shares as in <see cref="EvaluationReport"/>.</summary>
internal sealed record TypeReport(int Faults, double Detected, double Top1, double Top3);

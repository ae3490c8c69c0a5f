using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>A detector as it is measured.</summary>
/// <param name="Name">The model's name.</param>
/// <param name="Configuration">What distinguishes it from other rows of the same model.</param>
/// <param name="Choice">Its settings.</param>
internal sealed record EvaluatedModel(string Name, string Configuration, ModelChoice Choice)
{
    /// <summary>Every model that judges, in its standing configurations; none of them was chosen by labels.</summary>
    public static IReadOnlyList<EvaluatedModel> Standing(ulong seed) =>
    [
        .. ModelOptions.Judging.SelectMany(model => model.Equals("FD", StringComparison.OrdinalIgnoreCase)
            ? (EvaluatedModel[])[Paper(15, 6, Normalization.Unit, seed), Paper(15, 8, Normalization.Unit, seed), Paper(15, 8, Normalization.None, seed), Paper(15, 8, Normalization.None, seed, fitClip: 5), Live(model, seed)]
            : [Live(model, seed)]),
    ];

    /// <summary>FD as the paper has it: no floor under a deviation, so only metrics that have one.</summary>
    public static EvaluatedModel Paper(int rows, int components, Normalization normalization, ulong seed, double fitClip = 0) => new(
        "FD", $"{(normalization == Normalization.Unit ? "as in the paper" : "without unit norm")}{(fitClip > 0 ? $", fitted within ±{fitClip}" : "")}, l={rows} k={components}",
        new ModelChoice(new DetectorOptions { SketchRows = rows, Components = components, Normalization = normalization, FitClip = fitClip, Seed = seed }, UpdateOnline: false) { IsAsPublished = true }.AsInThePaper());

    /// <summary>What `microview up` runs.</summary>
    public static EvaluatedModel Live(string model, ulong seed) =>
        new(model, "live", new ModelChoice(DetectorOptions.Live with { Model = model, Seed = seed }, UpdateOnline: false));

    /// <summary>What an oracle may choose from: sizes of the sketch, both norms; percentiles per metric for TH.</summary>
    public static IReadOnlyList<EvaluatedModel> Grid(string model, ulong seed)
    {
        if (model.Equals("TH", StringComparison.OrdinalIgnoreCase))
            return [.. new double?[] { null, 99, 99.9 }.Select(percentile => new EvaluatedModel(model, percentile is null ? "z limit 3" : FormattableString.Invariant($"limits at p{percentile}"),
                new ModelChoice(DetectorOptions.Live with { Model = model, ZPercentile = percentile, Seed = seed }, UpdateOnline: false)))];
        // Its network has no sizes to choose, and a threshold changes no ranking.
        if (model.Equals("VAE", StringComparison.OrdinalIgnoreCase))
            return [Live(model, seed)];
        var sizes = from rows in (int[])[4, 8, 15, 25] from components in Enumerable.Range(1, 13) where components <= rows select (rows, components);
        if (model.Equals("FD", StringComparison.OrdinalIgnoreCase))
            return [.. from normalization in (Normalization[])[Normalization.Unit, Normalization.None] from size in sizes select Paper(size.rows, size.components, normalization, seed)];
        return [.. sizes.Select(size => new EvaluatedModel(model, $"l={size.rows} k={size.components}",
            new ModelChoice(DetectorOptions.Live with { Model = model, SketchRows = size.rows, Components = size.components, Seed = seed }, UpdateOnline: false)))];
    }
}

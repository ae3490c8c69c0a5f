using System.Globalization;
using MicroView.Analysis;

namespace MicroView.Lab;

/// <summary>One configuration of the grid.</summary>
/// <param name="Model">A name in the registry.</param>
/// <param name="Components">k.</param>
/// <param name="SketchRows">ℓ.</param>
/// <param name="Threshold">Percentile of the training scores.</param>
/// <param name="Eta">η.</param>
internal sealed record GridPoint(string Model, int Components, int SketchRows, double Threshold, double Eta)
{
    public static readonly string[] Columns = ["model", "k", "l", "threshold", "learning_rate"];

    public object[] Cells => [Model, Components, SketchRows, Threshold, Eta];

    /// <summary>The detector's settings. The grid learns online, as the artifact does: η says what becomes of anomalous rows.</summary>
    public ModelChoice Choice(ulong seed)
    {
        var published = Model == "FD";
        var detector = (published ? new DetectorOptions() : DetectorOptions.Live) with
        {
            Model = Model, Components = Components, SketchRows = SketchRows, ThresholdPercentile = Threshold, ThresholdFactor = 1, Eta = Eta, Seed = seed,
            ZPercentile = Model == "TH" ? Threshold : null,
        };
        return new ModelChoice(detector, UpdateOnline: true) { IsAsPublished = published }.AsInThePaper();
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Model}{(SketchRows > 0 ? $" k={Components} l={SketchRows}" : "")} p{Threshold}{(SketchRows > 0 ? $" eta={Eta}" : "")}");

    /// <summary>The current row of a table that has <see cref="Columns"/>.</summary>
    public static GridPoint Read(CsvTable table) => new(
        table.Cell(table.Column("model")).ToString(), (int)table.Number(table.Column("k")), (int)table.Number(table.Column("l")),
        table.Number(table.Column("threshold")), table.Number(table.Column("learning_rate")));
}

/// <summary>The values that a grid runs through; the paper's unless told otherwise.</summary>
internal sealed record GridSpace(string Model, IReadOnlyList<int> Components, IReadOnlyList<int> SketchRows, IReadOnlyList<double> Thresholds, IReadOnlyList<double> Etas)
{
    /// <summary>The paper's: ℓ 25, 50; k 10, 15, 20, 30; threshold 99, 99.9; η 0, 0.01, 0.1.</summary>
    public static GridSpace Paper(string model) => new(model, [10, 15, 20, 30], [25, 50], [99, 99.9], [0, 0.01, 0.1]);

    /// <summary>All points with k ≤ ℓ. A model without a sketch has no k and ℓ to vary, and no η: it learns nothing from the rows it judges.</summary>
    public IReadOnlyList<GridPoint> Points()
    {
        var sizes = Model is "TH" or "VAE"
            ? [(K: 0, L: 0)]
            : (from l in SketchRows from k in Components where k <= l select (K: k, L: l)).ToArray();
        GridPoint[] points = [.. from size in sizes from threshold in Thresholds from eta in size.L > 0 ? Etas : [0] select new GridPoint(Model, size.K, size.L, threshold, eta)];
        return points.Length > 0 ? points : throw new LabException("no k of the grid is at most an l of it", ExitCode.Usage);
    }
}

namespace MicroView.Analysis.Tests;

/// <summary>Every registered detector keeps the contract; a new name in the registry comes under it by itself.</summary>
public sealed class DetectorContractTests
{
    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        // "none" judges nothing, so that nothing of this can hold for it.
        foreach (var model in DetectorRegistry.Names.Where(name => name != "none"))
            foreach (var check in Checks.Keys)
                data.Add(model, check);
        return data;
    }

    internal static IReadOnlyDictionary<string, Action<DetectorContract.Factory>> Checks { get; } = typeof(DetectorContract).GetMethods()
        .Where(method => method.IsStatic && method.GetParameters() is [{ ParameterType: var type }] && type == typeof(DetectorContract.Factory))
        .ToDictionary(method => method.Name, method => method.CreateDelegate<Action<DetectorContract.Factory>>());

    [Theory, MemberData(nameof(Cases))]
    public void Every_detector_keeps_the_contract(string model, string check) =>
        Checks[check]((dimension, options) => DetectorRegistry.Create(dimension, options with { Model = model.ToLowerInvariant() }));

    [Theory]
    [InlineData(nameof(DetectorContract.Judging_allocates_nothing), Defect.Allocates)]
    [InlineData(nameof(DetectorContract.Every_width_from_1_to_300_fits_and_scores_finitely), Defect.NotFinite)]
    [InlineData(nameof(DetectorContract.Shares_are_parts_of_a_whole), Defect.LargeShares)]
    [InlineData(nameof(DetectorContract.A_second_fit_starts_over), Defect.Remembers)]
    [InlineData(nameof(DetectorContract.The_same_seed_gives_the_same_scores_bit_for_bit), Defect.Random)]
    [InlineData(nameof(DetectorContract.Attributing_changes_nothing_and_scoring_no_threshold), Defect.CountsAttributions)]
    [InlineData(nameof(DetectorContract.Training_rows_of_another_width_and_none_at_all_are_refused), Defect.TakesAnyRows)]
    public void A_detector_that_breaks_it_is_found(string check, Defect defect)
    {
        Checks[check]((dimension, _) => new Flawed(dimension, Defect.None));
        Assert.ThrowsAny<Exception>(() => Checks[check]((dimension, _) => new Flawed(dimension, defect)));
    }

    [Fact]
    public void The_contract_has_checks() => Assert.Equal(10, Checks.Count);

    public enum Defect
    {
        None, Allocates, NotFinite, LargeShares, Remembers, Random, CountsAttributions, TakesAnyRows,
    }

    /// <summary>The largest |z|, and one thing wrong with it.</summary>
    private sealed class Flawed(int dimension, Defect defect) : Detector(dimension)
    {
        private double _extra;
        private object? _garbage;

        public override void Fit(RowMatrix rows)
        {
            if (defect != Defect.TakesAnyRows)
                CheckTraining(rows);
            _extra = defect == Defect.Remembers ? _extra + 1 : 0;
            Threshold = 3;
        }

        public override double Score(ReadOnlySpan<double> z, double squaredNorm)
        {
            _garbage = defect == Defect.Allocates ? new object() : _garbage;
            var score = RowKernels.LargestMagnitude(z) + _extra;
            return defect switch
            {
                Defect.NotFinite => score / (score - score),
                Defect.Random => score + System.Random.Shared.NextDouble(),
                _ => score,
            };
        }

        public override void Update(ReadOnlySpan<double> z, double squaredNorm, bool anomalous) { }

        public override void Attribute(ReadOnlySpan<double> z, Span<double> shares)
        {
            _extra += defect == Defect.CountsAttributions ? 1 : 0;
            shares.Clear();
            shares[0] = defect == Defect.LargeShares ? 1.5 : 1;
        }
    }
}

namespace MicroView.Analysis;

/// <summary>Judges nothing: for collectors that only export.</summary>
internal sealed class NoDetector(int dimension) : Detector(dimension)
{
    public override void Fit(RowMatrix rows) { }

    public override double Score(ReadOnlySpan<double> z, double squaredNorm) => 0;

    public override void Update(ReadOnlySpan<double> z, double squaredNorm, bool anomalous) { }

    public override void Attribute(ReadOnlySpan<double> z, Span<double> shares) => shares.Clear();
}

using MicroView.Analysis;

namespace MicroView.Cli;

/// <summary>What --model, --normalize and --learn mean.</summary>
internal static class DetectionChoice
{
    private const int EnoughRows = 60;
    private const int FewestRows = 10; // below this a deviation is a guess

    public static AnalyzerOptions Read(string model, string normalize, double? learnSeconds, double rowSeconds)
    {
        var detector = normalize == "unit" ? new DetectorOptions { Normalization = Normalization.Unit } : DetectorOptions.Live;
        var options = new AnalyzerOptions { Detector = detector with { Model = model } };
        if (learnSeconds is not { } seconds)
            return options;
        var rows = rowSeconds > 0 ? (int)Math.Min(EnoughRows, seconds / rowSeconds) : EnoughRows;
        return options with { MinSeconds = seconds, MinRows = Math.Max(FewestRows, rows) };
    }
}

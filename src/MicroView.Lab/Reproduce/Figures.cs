namespace MicroView.Lab;

/// <summary>The figures that can be reproduced, in the order of the paper.</summary>
internal static class Figures
{
    public const string EveryFigure = "all";

    // One line per figure.
    public static IReadOnlyList<IFigure> All { get; } =
    [
        new OverheadFigure(),
        new MicroFigure(),
        new TracingFigure(),
        new ImpactFigure(),
        new RedisFigure(),
        new AutoscalingFigure(),
    ];
}

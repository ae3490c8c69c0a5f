namespace MicroView.Conformance;

/// <summary>What every page source must do, whatever brings the pages. Each case is given a scene of its own.</summary>
public static class SourceCases
{
    public static IReadOnlyList<(string Name, Action<SourceScene> Run)> Table { get; } =
        [.. ValueCases.Table, .. RowCases.Table, .. HeaderCases.Table, .. LifeCases.Table];
}

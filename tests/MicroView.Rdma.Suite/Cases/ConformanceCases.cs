using MicroView.Conformance;

namespace MicroView.Rdma.Suite;

/// <summary>What every page source must do, over RDMA READs of a real device. One machine is enough.</summary>
internal static class ConformanceCases
{
    public static IReadOnlyList<(string Name, Action<Machines, Detail> Run)> Table { get; } =
        [.. SourceCases.Table.Select(one => ("conformance_" + one.Name, Run(one.Run)))];

    private static Action<Machines, Detail> Run(Action<SourceScene> run) => (_, _) =>
    {
        using var scene = new VerbsScene();
        run(scene);
    };
}

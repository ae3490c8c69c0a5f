using MicroView.Conformance;

namespace MicroView.Collector.Tests;

/// <summary>The cases that every page source must pass, over those that need no device; the RDMA suite runs the same ones over verbs.</summary>
public sealed class ConformanceTests
{
    private static readonly Dictionary<string, Func<SourceScene>> s_scenes = new()
    {
        ["shm"] = () => new SharedMemoryScene(SharedMemoryKind.Mapped),
        ["shm copied"] = () => new SharedMemoryScene(SharedMemoryKind.Copied),
        ["shm segments"] = () => new SharedMemoryScene(SharedMemoryKind.Segments),
        ["shm segments copied"] = () => new SharedMemoryScene(SharedMemoryKind.CopiedSegments),
        ["recording"] = () => new RecordingScene(),
    };

    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (var scene in s_scenes.Keys)
            foreach (var (name, _) in SourceCases.Table)
                cases.Add(scene, name);
        return cases;
    }

    [Theory, MemberData(nameof(Cases))]
    public void A_source_conforms(string scene, string name)
    {
        using var pages = s_scenes[scene]();
        SourceCases.Table.Single(one => one.Name == name).Run(pages);
    }

    [Fact]
    public void There_are_cases_and_each_has_a_name_of_its_own()
    {
        Assert.True(SourceCases.Table.Count >= 20);
        Assert.Equal(SourceCases.Table.Count, SourceCases.Table.Select(one => one.Name).Distinct().Count());
    }
}

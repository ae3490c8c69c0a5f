namespace MicroView.Rdma.Tests;

/// <summary>Every case of the suite is a test of its own; they all come from one run.</summary>
[Trait("group", "slow")]
public sealed class SuiteTests(SuiteRun run)
{
    public static IEnumerable<TheoryDataRow<string>> Names => Suite.Suite.Names.Select(name => new TheoryDataRow<string>(name));

    [Theory]
    [MemberData(nameof(Names))]
    public void Case(string name)
    {
        Assert.SkipWhen(run.WhyNot is not null, run.WhyNot ?? "");
        var result = run.Result(name);
        Assert.True(result is not null, $"'{name}' did not run; the end of the run:\n{Tail()}");
        Assert.True(result.Value.Passed, result.Value.Line);
        TestContext.Current.TestOutputHelper?.WriteLine(result.Value.Line);
    }

    [Fact]
    public void As_many_cases_ran_as_there_are()
    {
        Assert.SkipWhen(run.WhyNot is not null, run.WhyNot ?? "");
        Assert.Equal(Suite.Suite.Names.Count, Suite.Suite.Names.Distinct().Count());
        Assert.Equal(Suite.Suite.Names.Count, run.Count);
        Assert.Contains($"suite {Suite.Suite.Names.Count} ran,", run.Report);
    }

    private string Tail() => string.Join('\n', run.Report.Split('\n').TakeLast(15));
}

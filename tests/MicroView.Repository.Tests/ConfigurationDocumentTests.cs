using System.Text.RegularExpressions;
using MicroView.Cli;

namespace MicroView.Repository.Tests;

/// <summary>docs/configuration.md ends with what `microview config --docs` prints, and its examples are files that we read.</summary>
public sealed partial class ConfigurationDocumentTests
{
    private const string Document = "docs/configuration.md";
    private const string Regenerate = "sed -i '/^<!-- the rest is printed by/,$d' docs/configuration.md && ./microview config --docs >> docs/configuration.md";

    [Fact]
    public void The_table_of_keys_is_the_one_that_the_options_make()
    {
        var expected = new StringWriter();
        DocumentTable.Write(expected, Table());
        var text = Checkout.Read(Document);
        var at = text.IndexOf(DocumentTable.Marker, StringComparison.Ordinal);
        Assert.True(at >= 0 && text[at..] == expected.ToString(), $"{Document} is not what the options say; regenerate it: {Regenerate}");
    }

    [Fact]
    public void The_command_that_regenerates_it_finds_the_marker() => Assert.StartsWith("<!-- the rest is printed by", DocumentTable.Marker, StringComparison.Ordinal);

    [Theory]
    [InlineData("yaml")]
    [InlineData("json")]
    public void Its_example_files_are_read_without_a_problem(string language)
    {
        var examples = Fence().Matches(Checkout.Read(Document)).Where(fence => fence.Groups["language"].Value == language).ToArray();
        Assert.NotEmpty(examples);
        foreach (var example in examples)
        {
            var problems = new ProblemList();
            var file = ConfigurationFile.Parse(Document, example.Groups["text"].Value, Table(), problems);
            Assert.Equal([], problems.Lines);
            Assert.NotEqual(0, file.Count);
        }
    }

    private static ConfigurationTable Table() => new(CommandLine.BuildRootCommand());

    [GeneratedRegex(@"^```(?<language>\w+)\n(?<text>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}

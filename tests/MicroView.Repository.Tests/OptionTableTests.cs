using System.CommandLine;
using System.Text.RegularExpressions;

namespace MicroView.Repository.Tests;

/// <summary>docs/from-the-artifact.md promises a section per command with every option of it: no more, no fewer.</summary>
public sealed partial class OptionTableTests
{
    private const string Document = "docs/from-the-artifact.md";

    [Theory]
    [InlineData("Host agent", "host")]
    [InlineData("Generator", "generate")]
    [InlineData("Collector", "nic")]
    public void A_section_names_the_options_that_its_command_has(string section, string command)
    {
        var names = OptionsOf(command).SelectMany(option => option.Aliases.Append(option.Name)).ToHashSet();
        var unknown = OptionCell().Matches(Section(section))
            .SelectMany(cell => OptionName().Matches(cell.Value))
            .Select(match => match.Groups["name"].Value)
            .Where(name => !names.Contains(name));
        Assert.Empty(unknown);
    }

    [Theory]
    [InlineData("Host agent", "host")]
    [InlineData("Generator", "generate")]
    [InlineData("Collector", "nic")]
    public void Every_option_of_a_command_is_in_its_section(string section, string command)
    {
        var text = Section(section);
        var missing = OptionsOf(command)
            .Where(option => !option.Hidden && !text.Contains($"`{option.Name}", StringComparison.Ordinal))
            .Select(option => option.Name);
        Assert.Empty(missing);
    }

    private static List<Option> OptionsOf(string command) =>
        [.. MicroView.Cli.CommandLine.BuildRootCommand().Subcommands.Single(candidate => candidate.Name == command).Options
            .Where(option => option is not System.CommandLine.Help.HelpOption)];

    private static string Section(string title)
    {
        var text = Checkout.Read(Document);
        var start = text.IndexOf($"\n## {title}\n", StringComparison.Ordinal);
        Assert.True(start >= 0, $"{Document} has no section '{title}'");
        var end = text.IndexOf("\n## ", start + 4, StringComparison.Ordinal);
        return end < 0 ? text[start..] : text[start..end];
    }

    // First cell of a table row, when it starts with an option.
    [GeneratedRegex(@"^\| `-[^|]*\|", RegexOptions.Multiline)]
    private static partial Regex OptionCell();

    [GeneratedRegex(@"`(?<name>--?[a-z][a-z-]*)")]
    private static partial Regex OptionName();
}

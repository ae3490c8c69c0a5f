using System.CommandLine;

namespace MicroView.Repository.Tests;

public sealed class DocumentedCommandTests
{
    public static TheoryData<string, string[]> Commands()
    {
        var data = new TheoryData<string, string[]>();
        foreach (var (place, arguments) in AllCommands())
            data.Add(place, arguments);
        return data;
    }

    [Theory, MemberData(nameof(Commands))]
    public void A_documented_command_line_is_one_that_we_accept(string place, string[] arguments)
    {
        // The launcher hands `lab …` to a program of its own.
        var result = arguments is ["lab", .. var lab]
            ? MicroView.Lab.LabCommandLine.BuildRootCommand().Parse(lab)
            : MicroView.Cli.CommandLine.BuildRootCommand().Parse(arguments);
        Assert.True(result.Errors.Count == 0, $"{place}: microview {string.Join(' ', arguments)}: {string.Join("; ", result.Errors.Select(e => e.Message))}");
    }

    [Theory]
    [InlineData("README.md")]
    [InlineData("docs/from-the-artifact.md")]
    public void The_documents_that_lead_a_newcomer_show_commands(string document) =>
        Assert.NotEmpty(DocumentedCommand.In(document, Checkout.Lines(document)));

    [Fact]
    public void Every_command_is_shown_somewhere()
    {
        var shown = AllCommands().Select(command => command.Arguments.FirstOrDefault()).ToHashSet();
        var hidden = MicroView.Cli.CommandLine.BuildRootCommand().Subcommands
            .Where(command => !command.Hidden && !shown.Contains(command.Name) && !shown.Overlaps(command.Aliases))
            .Select(command => command.Name);
        Assert.Empty(hidden);
    }

    [Fact]
    public void Every_command_of_the_lab_is_shown_somewhere()
    {
        var shown = AllCommands().Where(command => command.Arguments is ["lab", ..]).Select(command => command.Arguments.ElementAtOrDefault(1)).ToHashSet();
        var hidden = MicroView.Lab.LabCommandLine.BuildRootCommand().Subcommands.Where(command => !command.Hidden).Select(command => command.Name).Where(name => !shown.Contains(name));
        Assert.Equal([], hidden);
    }

    [Fact]
    public async Task The_help_of_all_names_the_lab_which_is_another_program()
    {
        var help = new StringWriter();
        MicroView.Cli.CommandLine.BuildRootCommand().Parse(["--help"]).Invoke(new InvocationConfiguration { Output = help });
        Assert.Contains("microview lab --help", help.ToString());
        Assert.Equal(2, await MicroView.Cli.CommandLine.RunAsync(["lab", "evaluate"]));
    }

    [Fact]
    public void An_unknown_option_is_refused()
    {
        var result = MicroView.Cli.CommandLine.BuildRootCommand().Parse(["up", "--no-such-option"]);
        Assert.NotEmpty(result.Errors);
    }

    [Fact]
    public void Commands_are_read_as_a_shell_reads_them()
    {
        string[] text =
        [
            "$ ./microview not-in-a-block",
            "```console",
            "$ A=1 ./microview host --host 'a b' \\",
            "    --debug   # a comment",
            "output ./microview no",
            "$ ./microview up & ./microview nic -m \"FD\"; curl x | ./microview bench > file",
            "```",
        ];
        var found = DocumentedCommand.In("d", text).ToArray();
        string[][] expected = [["host", "--host", "a b", "--debug"], ["up"], ["nic", "-m", "FD"], ["bench"]];
        Assert.Equal(expected, found.Select(command => command.Arguments));
        Assert.Equal("d:3", found[0].Place);
    }

    private static IEnumerable<(string Place, string[] Arguments)> AllCommands() =>
        Checkout.Files("*.md").SelectMany(document => DocumentedCommand.In(document, Checkout.Lines(document)));
}

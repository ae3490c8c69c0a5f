using System.CommandLine;
using MicroView.Cli;

namespace MicroView.EndToEnd.Tests;

public sealed class CommandLineTests
{
    [Fact]
    public void Every_example_of_every_help_parses()
    {
        var examples = Commands().SelectMany(command => command.Examples).ToArray();
        Assert.NotEmpty(examples);
        foreach (var example in examples)
        {
            var words = example.Line.Split(' ', StringSplitOptions.RemoveEmptyEntries).SkipWhile(word => word.Contains('=') && !word.StartsWith('-')).ToArray();
            Assert.Equal("microview", words[0]);
            Assert.True(CommandLine.BuildRootCommand().Parse(words[1..]).Errors.Count == 0, example.Line);
        }
    }

    [Fact]
    public void Every_command_has_examples_and_every_option_a_description()
    {
        foreach (var command in Commands())
        {
            Assert.True(command.Examples.Count > 0 || command.Subcommands.Count > 0 || command.Name == "bench", command.Name);
            Assert.All(command.Options, option => Assert.False(string.IsNullOrWhiteSpace(option.Description), $"{command.Name} {option.Name}"));
        }
    }

    [Theory]
    [InlineData("microview-host", "host --rdma-queues 1")]
    [InlineData("libmicroview", "generate --debug --num-metrics 16 --update-metrics")]
    [InlineData("microview-nic", "nic --control-plane 10.0.0.5:5000 --dev mlx5_3 --gid 1 --ib-port 1 --test read_loop --debug")]
    [InlineData("short forms", "nic -c h:5000 -s 0.1 -l 2 -m TH -d mlx5_3 -i")]
    [InlineData("alias", "collect --scrape-interval 100ms --transport shm")]
    [InlineData("host", "host -q 4 --listen 0.0.0.0 --collectors 10.0.0.0/24,10.0.1.7 --page-size 4K")]
    public void The_artifacts_command_lines_parse(string program, string line) =>
        Assert.True(CommandLine.BuildRootCommand().Parse(line).Errors.Count == 0, $"{program}: {line}");

    [Theory]
    [InlineData("nope")]
    [InlineData("host --port 65536")]
    [InlineData("host --port x")]
    [InlineData("host --collectors 10.0.0.0/99")]
    [InlineData("nic --model KNN")]
    [InlineData("nic --scrape-interval -1")]
    [InlineData("nic --test everything")]
    [InlineData("up --tick 1x")]
    [InlineData("generate --pods 0")]
    [InlineData("up surplus")]
    public void A_wrong_command_line_is_an_error(string line) => Assert.NotEmpty(CommandLine.BuildRootCommand().Parse(line).Errors);

    [Fact]
    public void Every_registered_detector_can_be_asked_for_by_name()
    {
        foreach (var model in MicroView.Analysis.DetectorRegistry.Names)
            foreach (var command in new[] { "up", "nic", "bench read-loop" })
                Assert.True(CommandLine.BuildRootCommand().Parse($"{command} --model {model.ToLowerInvariant()}").Errors.Count == 0, $"{command} --model {model}");
    }

    private static IEnumerable<DocumentedCommand> Commands() => CommandLine.BuildRootCommand().Subcommands.Cast<DocumentedCommand>();
}

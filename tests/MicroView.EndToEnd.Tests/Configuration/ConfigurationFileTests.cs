using MicroView.Cli;

namespace MicroView.EndToEnd.Tests;

public sealed class ConfigurationFileTests
{
    [Theory]
    [InlineData("port: 99999", "c.yaml:1: port: '99999' is not a whole number from 0 to 65535")]
    [InlineData("\n\nscrape-interval: fast", "c.yaml:3: scrape-interval: 'fast' is not seconds (0.1), or with a unit (100ms, 5m)")]
    [InlineData("model: KNN", "c.yaml:1: model: 'KNN' is not one of ")]
    [InlineData("up:\n  plain: perhaps", "c.yaml:2: plain: 'perhaps' is not true or false")]
    [InlineData("application:\n- shop=cart\n- nothing", "c.yaml:3: application: ")]
    [InlineData("remote-write-label: [a=1, a=2]", "c.yaml:1: remote-write-label: 'a=2'")]
    [InlineData("keda-port: on", "c.yaml:1: keda-port: 'on' is not a port from 0 to 65535, or off")]
    [InlineData("host:\n  collectors:\n  - 10.0.0.0/8\n  - 10.0.0.0/99", "c.yaml:4: collectors: '10.0.0.0/99' is not a network")]
    [InlineData("prometeus-port: 1", "c.yaml:1: unknown key 'prometeus-port'; did you mean prometheus-port?")]
    [InlineData("up:\n  scrape_interval: 1", "c.yaml:2: unknown key 'scrape_interval' in up; did you mean scrape-interval?")]
    [InlineData("up:\n  no-tui: true", "did you mean plain?")]
    [InlineData("up:\n  lmaps: 2", "c.yaml:2: unknown key 'lmaps' in up; it is an option of nic")]
    [InlineData("zzzzzzzzzzzz: 1", "c.yaml:1: unknown key 'zzzzzzzzzzzz'")]
    [InlineData("config: other.yaml", "unknown key 'config'")]
    [InlineData("port: 1\nport: 2", "c.yaml:2: port is given twice, first in line 1")]
    [InlineData("up:\n  tick: 1\nup:\n  tick: 2", "c.yaml:3: up is given twice, first in line 1")]
    [InlineData("port:", "c.yaml:1: port has no value")]
    [InlineData("port: ~", "c.yaml:1: port has no value")]
    [InlineData("port: [1, 2]", "c.yaml:1: port: takes one value, not a list")]
    [InlineData("port: {a: 1}", "c.yaml:1: port takes values, not keys of its own")]
    [InlineData("host: 0.0.0.0", "c.yaml:1: host is the section of `microview host`")]
    [InlineData("- port", "c.yaml:1: holds no keys")]
    [InlineData("just words", "c.yaml:1: holds no keys")]
    [InlineData("port: 1\n---\nport: 2", "c.yaml:2: a second document begins")]
    [InlineData("port: &a 1", "c.yaml:1: anchors (&) are not read here")]
    [InlineData("port: *a", "c.yaml:1: aliases (*) are not read here")]
    [InlineData("port: !!int 1", "c.yaml:1: tags (!) are not read here")]
    [InlineData("? [a, b]\n: 1", "c.yaml:1: a key is one word")]
    [InlineData("port: 1\n tick: 2", "c.yaml:2: this is neither YAML nor JSON: ")]
    [InlineData("{\"port\": 1", "this is neither YAML nor JSON: ")]
    public void A_problem_is_one_line_that_says_where_and_what(string text, string expected)
    {
        var problem = Assert.Single(Configurations.Problems(text));
        Assert.Contains(expected, problem);
        Assert.StartsWith("c.yaml:", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_problem_is_listed_at_once_also_of_other_commands_sections()
    {
        var problems = Configurations.Read("up --tick soon", "port: x\nnope: 1\nnic:\n  lmaps: 0\n  lmaps: 1\nhost:\n  sources: some", ("MICROVIEW_LEARN", "long"), ("MICROVIEW_PLAIN", "si")).Problems;
        string[] expected = ["--tick: 'soon'", ":1: port: 'x'", ":2: unknown key 'nope'", ":4: lmaps: '0'", ":5: lmaps is given twice", ":7: sources: 'some'", "MICROVIEW_LEARN: 'long'", "MICROVIEW_PLAIN: 'si'"];
        foreach (var part in expected)
            Assert.Single(problems, problem => problem.Contains(part, StringComparison.Ordinal));
        Assert.Equal(expected.Length, problems.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing yet\n")]
    [InlineData("---\n")]
    [InlineData("up:\n  # port: 1\n")]
    [InlineData("\r\nport: 1\r\nup:\r\n  tick: 2\r\n")]
    [InlineData("{\n\t\"port\": 1,\n\t\"host\": {\"collectors\": [\"10.0.0.0\\/8\"]}\n}")]
    [InlineData("keda-port: off\nalertmanager: http://127.0.0.1:9093\nsample-rule:\n- \"shop-*:baseline=10s,full=always\"\nflight-recorder-memory: 64M\napplication: [\"shop=cart*,checkout*\"]")]
    [InlineData("port: \"5000\"\nmodel: rfd\nwarm-start: off\nscrape-interval: 5m\nhost: {page-size: 4K, host: 0.0.0.0}")]
    public void What_is_right_has_no_problem(string text) => Assert.Equal([], Configurations.Problems(text));

    [Theory]
    [InlineData("token: hunter2", "did you mean token-file?")]
    [InlineData("nic:\n  token: hunter2", "did you mean token-file?")]
    [InlineData("nic:\n  control-plane: http://me:hunter2@10.0.0.1:5000", "files of their own")]
    [InlineData("remote-write: https://me:hunter2@10.0.0.1/write", "files of their own: remote-write-token-file")]
    [InlineData("alertmanager:\n- http://10.0.0.1\n- http://me:hunter2@10.0.0.2", "files of their own: alertmanager-token-file")]
    public void A_secret_is_refused_and_not_repeated(string text, string expected)
    {
        var problem = Assert.Single(Configurations.Problems(text));
        Assert.DoesNotContain("hunter2", problem);
        Assert.Contains(expected, problem);
    }

    [Fact]
    public void Every_option_of_a_configurable_command_is_a_key()
    {
        var table = Configurations.Table();
        Assert.Equal(["up", "host", "nic"], table.Commands);
        foreach (var command in CommandLine.BuildRootCommand().Subcommands.Where(command => table.Commands.Contains(command.Name)))
            Assert.Equal(command.Options.Select(option => option.Name).Where(name => name is not ("--help" or "--config")).Order(), table.Keys(command.Name).Select(key => "--" + key.Name).Order());
    }

    [Fact]
    public void No_options_variable_is_one_that_means_something_else()
    {
        string[] taken = ["MICROVIEW_TOKEN", "MICROVIEW_CONFIG", "MICROVIEW_POD", "MICROVIEW_SERVICE", "MICROVIEW_CONTAINER", "MICROVIEW_LOG", "MICROVIEW_DATA", "MICROVIEW_AOT"];
        Assert.Empty(Configurations.Table().Keys("").Select(key => key.Variable).Intersect(taken));
    }

    [Theory]
    [InlineData("port", "port", 0)]
    [InlineData("prot", "port", 1)]
    [InlineData("tick", "ticks", 1)]
    [InlineData("lmap", "lmbp", 1)]
    [InlineData("", "abc", 3)]
    public void Words_are_as_far_apart_as_letters_must_be_changed(string a, string b, int distance) => Assert.Equal(distance, Suggestion.Distance(a, b));
}

using MicroView.Cli;

namespace MicroView.EndToEnd.Tests;

public sealed class PrecedenceTests
{
    [Fact]
    public void Flags_count_over_the_environment_and_that_over_the_file_and_that_over_defaults()
    {
        const string File = "max-pods: 11";
        (string, string) variable = ("MICROVIEW_MAX_PODS", "12");
        Assert.Equal("4096", Configurations.Read("up").Value<int>("--max-pods"));
        Assert.Equal("11", Configurations.Read("up", File).Value<int>("--max-pods"));
        Assert.Equal("12", Configurations.Read("up", File, variable).Value<int>("--max-pods"));
        Assert.Equal("13", Configurations.Read("up --max-pods 13", File, variable).Value<int>("--max-pods"));
    }

    [Fact]
    public void A_section_counts_over_the_top_level_and_for_its_command_alone()
    {
        const string File = "port: 1\nhost:\n  port: 2\n  host: 0.0.0.0";
        Assert.Equal("1", Configurations.Read("up", File).Value<int>("--port"));
        Assert.Equal("2", Configurations.Read("host", File).Value<int>("--port"));
        Assert.Equal("0.0.0.0", Configurations.Read("host", File).Value<string>("--host"));
    }

    [Fact]
    public void An_alias_of_a_command_and_short_flags_are_seen()
    {
        Assert.Equal("3", Configurations.Read("collect", "nic:\n  lmaps: 3").Value<int>("--lmaps"));
        Assert.Equal("5", Configurations.Read("collect -l 5", "lmaps: 3").Value<int>("--lmaps"));
    }

    [Fact]
    public void A_flag_can_be_taken_back()
    {
        Assert.Equal("true", Configurations.Read("up", "plain: true").Value<bool>("--plain"));
        Assert.Equal("false", Configurations.Read("up", "plain: true", ("MICROVIEW_PLAIN", "0")).Value<bool>("--plain"));
        Assert.Equal("false", Configurations.Read("up --plain false", "plain: true").Value<bool>("--plain"));
        Assert.Equal("true", Configurations.Read("up --plain", "plain: false").Value<bool>("--plain"));
    }

    [Fact]
    public void A_list_replaces_the_one_below_it()
    {
        const string File = "host:\n  collectors: [10.0.0.0/8, 10.1.0.0/16]";
        Assert.Equal(["10.0.0.0/8", "10.1.0.0/16"], Collectors(Configurations.Read("host", File)));
        Assert.Equal(["10.2.0.0/16", "10.3.0.0/16", "10.4.0.0/16"], Collectors(Configurations.Read("host", File, ("MICROVIEW_COLLECTORS", "10.2.0.0/16,10.3.0.0/16; 10.4.0.0/16"))));
        Assert.Equal(["10.5.0.0/16"], Collectors(Configurations.Read("host --collectors 10.5.0.0/16", File)));

        static string[] Collectors(Configured configured) => configured.Result.GetValue<string[]>("--collectors")!;
    }

    [Fact]
    public void An_item_that_holds_commas_and_colons_is_one_item()
    {
        const string File = "application: [\"shop=cart*,checkout*\"]\nalertmanager: [http://10.0.0.1:9093, http://10.0.0.2:9093]";
        Assert.Equal(["shop"], Applications(Configurations.Read("up", File)));
        Assert.Equal(["a", "b"], Applications(Configurations.Read("nic", File, ("MICROVIEW_APPLICATION", "a=b*,c*;b=d"))));
        Assert.Equal(2, Configurations.Read("nic", File).Result.GetValue<Uri[]>("--alertmanager")!.Length);

        static string[] Applications(Configured configured)
        {
            Assert.Equal([], configured.Problems);
            return [.. configured.Result.GetValue<MicroView.Analysis.ApplicationRule[]>("--application")!.Select(rule => rule.Name)];
        }
    }

    [Fact]
    public void What_the_file_says_is_given_and_what_it_leaves_out_is_not()
    {
        var configured = Configurations.Read("nic", "gid: 3");
        Assert.Equal([], configured.Problems);
        Assert.False(configured.Result.GetResult("--gid") is System.CommandLine.Parsing.OptionResult { Implicit: true });
        Assert.Equal("gid", Assert.Single(configured.Settings).Key.Name);
    }

    [Theory]
    [InlineData("MICROVIEW_SOCKET", "socket: /file.sock", "nic", "--socket")]
    [InlineData("MICROVIEW_TOKEN", "nic:\n  token-file: /file", "nic", "--token-file")]
    public void A_variable_that_is_read_where_it_is_meant_counts_over_the_file_and_is_no_flag(string variable, string file, string command, string option)
    {
        Assert.NotNull(Configurations.Read(command, file).Value<string>(option));
        Assert.Null(Configurations.Read(command, file, (variable, "secret")).Value<string>(option));
        Assert.Equal("/flag", Configurations.Read($"{command} {option} /flag", file, (variable, "secret")).Value<string>(option));
    }

    [Theory]
    [InlineData("MICROVIEW_DEBUG", "1", "true")]
    [InlineData("MICROVIEW_DEBUG", "0", "false")]
    [InlineData("MICROVIEW_DEBUG", "", "false")]
    public void The_debug_variable_means_what_it_did(string variable, string value, string debug) =>
        Assert.Equal(debug, Configurations.Read("up", null, (variable, value)).Value<bool>("--debug"));

    [Theory]
    [InlineData("MICROVIEW_PORT", "tcp://10.0.0.1:5000")]
    [InlineData("MICROVIEW_PROMETHEUS_PORT", "tcp://10.0.0.1:8000")]
    [InlineData("MICROVIEW_LMAPS", "none of up's")]
    [InlineData("MICROVIEW_POD", "a")]
    public void Variables_of_others_are_passed_over(string variable, string value) => Assert.Equal([], Configurations.Read("up", null, (variable, value)).Problems);

    [Fact]
    public void A_file_may_be_named_by_the_environment()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("a.yaml"), "max-pods: 7");
        File.WriteAllText(folder.File("b.yaml"), "max-pods: 8");
        Assert.Equal("7", Configurations.Read("up", null, ("MICROVIEW_CONFIG", folder.File("a.yaml"))).Value<int>("--max-pods"));
        Assert.Equal("8", Configurations.Read($"up --config {folder.File("b.yaml")}", null, ("MICROVIEW_CONFIG", folder.File("a.yaml"))).Value<int>("--max-pods"));
    }

    [Fact]
    public void Values_that_look_like_flags_or_files_of_arguments_are_values()
    {
        var configured = Configurations.Read("up", "group-by: \"--port=1\"\nrecord: \"@args\"");
        Assert.Equal("--port=1", configured.Value<string>("--group-by"));
        Assert.Equal("@args", configured.Value<string>("--record"));
        Assert.Equal("5000", configured.Value<int>("--port"));
    }

    [Fact]
    public void Help_works_whatever_the_configuration_holds() =>
        Assert.Equal([], Configurations.Read("up --help", "nonsense", ("MICROVIEW_PORT", "x")).Problems);
}

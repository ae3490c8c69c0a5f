using System.Diagnostics;
using System.Text.Json;
using CsCheck;
using MicroView.Cli;

namespace MicroView.EndToEnd.Tests;

public sealed class ConfigurationOutputTests
{
    [Fact]
    public void What_is_in_force_says_where_it_is_from()
    {
        var text = Effective("up --tick 2", "port: 7\nmax-pods: 9", ("MICROVIEW_MAX_PODS", "10"));
        Assert.Matches(@"(?m)^  tick: 2 +# flag$", text);
        Assert.Matches(@"(?m)^  port: 7 +# .*c\.yaml:1$", text);
        Assert.Matches(@"(?m)^  max-pods: 10 +# environment MICROVIEW_MAX_PODS$", text);
        Assert.Matches(@"(?m)^  # model: RFD +# default$", text);
        Assert.Matches(@"(?m)^  # learn: +# default: 30, and 60 rows$", text);
    }

    [Fact]
    public void What_is_in_force_is_a_file_of_the_same_effect() => Gen.Select(Word, Word, Gen.Int[0, 65535]).Sample((groupBy, record, port) =>
    {
        var first = Configurations.Read("up", $"group-by: {YamlText.Scalar(groupBy)}\nrecord: {YamlText.Scalar(record)}\nport: {port}\nplain: true");
        Assert.Equal([], first.Problems);
        var second = Configurations.Read("up", Effective(first));
        Assert.Equal([], second.Problems);
        Assert.Equal(groupBy, second.Result.GetValue<string>("--group-by"));
        return first.Settings.Select(Text).SequenceEqual(second.Settings.Select(Text));

        static string Text(Setting setting) => $"{setting.Key.Name}={string.Join('|', setting.Values)}";
    }, iter: 100);

    [Fact]
    public void With_everything_at_its_default_it_is_still_a_file() =>
        Assert.Empty(Configurations.Read("nic", Effective(Configurations.Read("nic"))).Settings);

    [Theory]
    [InlineData("--control-plane http://me:hunter2@10.0.0.1:5000", "http://***@10.0.0.1:5000")]
    [InlineData("--control-plane http://10.0.0.1/a?api_key=hunter2&b=1", "api_key=***&b=1")]
    public void It_shows_no_secret(string flag, string expected)
    {
        var text = Effective($"nic {flag}", null, ("MICROVIEW_TOKEN", "hunter2"));
        Assert.DoesNotContain("hunter2", text);
        Assert.Contains(expected, text);
        Assert.Contains("environment MICROVIEW_TOKEN, not shown", text);
    }

    [Fact]
    public void The_schema_has_every_key_and_no_other()
    {
        using var schema = JsonDocument.Parse(Schema());
        var table = Configurations.Table();
        var properties = schema.RootElement.GetProperty("properties");
        foreach (var command in table.Commands)
            Assert.Equal(table.Keys(command).Select(key => key.Name).Order(), Names(properties.GetProperty(command).GetProperty("properties")));
        Assert.Equal(table.Keys("").Select(key => key.Name).Concat(table.Commands).Distinct().Order(), Names(properties));
        Assert.Equal(65535, properties.GetProperty("host").GetProperty("properties").GetProperty("port").GetProperty("maximum").GetInt32());
        Assert.Contains("off", properties.GetProperty("warm-start").GetProperty("enum").EnumerateArray().Select(choice => choice.GetString()));

        static IEnumerable<string> Names(JsonElement map) => map.EnumerateObject().Select(property => property.Name).Order();
    }

    [Theory]
    [InlineData("""{}""", true)]
    [InlineData("""{"port": 1, "scrape-interval": "100ms", "up": {"plain": true, "tick": 0.5}, "host": {"collectors": ["10.0.0.0/8"]}, "nic": null}""", true)]
    [InlineData("""{"prot": 1}""", false)]
    [InlineData("""{"port": 65536}""", false)]
    [InlineData("""{"port": "x"}""", false)]
    [InlineData("""{"up": {"plain": "perhaps"}}""", false)]
    [InlineData("""{"up": {"lmaps": 1}}""", false)]
    [InlineData("""{"model": "KNN"}""", false)]
    [InlineData("""{"host": "0.0.0.0"}""", false)]
    public async Task A_validator_that_is_not_ours_agrees_with_us(string file, bool valid)
    {
        Assert.Equal(valid, Configurations.Problems(file).Count == 0);
        const string Script = "import sys, json, jsonschema\nschema = json.loads(sys.argv[1])\njsonschema.Draft7Validator.check_schema(schema)\nprint(jsonschema.Draft7Validator(schema).is_valid(json.loads(sys.argv[2])))";
        var start = new ProcessStartInfo(Microview.Python) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var word in (string[])["-c", Script, Schema(), file])
            start.ArgumentList.Add(word);
        using var python = Process.Start(start)!;
        var errors = python.StandardError.ReadToEndAsync();
        var output = await python.StandardOutput.ReadToEndAsync();
        var said = await errors;
        if (said.Contains("No module named", StringComparison.Ordinal))
            Assert.Skip("jsonschema is not installed (Debian: apt-get install python3-jsonschema)");
        Assert.Equal((valid ? "True\n" : "False\n", ""), (output, said));
    }

    private static Gen<string> Word => Gen.String[Gen.Char["abcxyz059 #:\"'\\-{[*&!|%@é=,~\n\u2028"], 1, 12].Where(word => word.Trim().Length > 0 && !word.Contains("://", StringComparison.Ordinal));

    private static string Effective(string line, string? file, params (string, string)[] environment) => Effective(Configurations.Read(line, file, environment));

    private static string Effective(Configured configured)
    {
        Assert.Equal([], configured.Problems);
        var text = new StringWriter();
        EffectiveText.Write(text, Configurations.Table(), configured.Result.CommandResult.Command.Name, configured);
        return text.ToString();
    }

    private static string Schema()
    {
        var text = new StringWriter();
        SchemaText.Write(text, Configurations.Table());
        return text.ToString();
    }
}

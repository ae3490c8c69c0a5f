using System.CommandLine;
using MicroView.Cli;
using MicroView.Collector;

namespace MicroView.EndToEnd.Tests;

/// <summary>What the options about alarms mean, and which do not go together.</summary>
public sealed class ActionOptionTests
{
    [Theory]
    [InlineData("", false)]
    [InlineData("--application shop=cart*", false)]
    [InlineData("--trace-sampling on", true)]
    [InlineData("--trace-base-rate 0.1", true)]
    [InlineData("--trace-alarm-rate 0.5", true)]
    [InlineData("--trace-hold 3", true)]
    [InlineData("--trace-base-rate 0.1 --trace-sampling off", false)]
    public void Words_are_written_when_it_is_asked_for(string line, bool expected) => Assert.Equal(expected, Read(line).WritesTraceRates);

    [Fact]
    public void Applications_and_rates_are_what_was_given()
    {
        var read = Read("--application shop=cart*,checkout --application mail=tier=back --trace-base-rate 0.2 --trace-alarm-rate 0.9 --trace-hold 1m");
        Assert.Equal(["shop", "mail"], read.Applications.Select(application => application.Name));
        Assert.True(read.Applications[0].Pods.Matches(new("cart-1", null)));
        Assert.Equal((0.2, 0.9, 60), (read.TraceRates.BaseRate, read.TraceRates.AlarmRate, read.TraceRates.HoldSeconds));
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("--jaeger-port off", null)]
    [InlineData("--jaeger-port 0", "127.0.0.1:0")]
    [InlineData("--jaeger-port 5778 --jaeger-listen *", "0.0.0.0:5778")]
    public void Rates_are_asked_for_where_it_was_said(string line, string? expected)
    {
        var place = Read(line).Jaeger;
        Assert.Equal(expected, place is null ? null : $"{place.Address}:{place.Port}");
        Assert.True(place?.IsOptional != true);
    }

    [Theory]
    [InlineData("nic --jaeger-port 99999", "--jaeger-port: '99999' is not a port from 0 to 65535, or off")]
    [InlineData("nic --jaeger-listen 0.0.0.0", "--jaeger-listen is for --jaeger-port, which is not given")]
    [InlineData("nic --jaeger-port 0 --jaeger-listen here", "--jaeger-listen: 'here' is not an IP address")]
    [InlineData("up --keda-port x", "--keda-port: 'x' is not a port from 0 to 65535, or off")]
    [InlineData("nic --recording gone.mvrec --keda-port 0", "--keda-port acts on live pods")]
    [InlineData("up --application shop", "--application: 'shop' is not NAME=PATTERN")]
    [InlineData("nic --trace-sampling maybe", "--trace-sampling: 'maybe' is not on or off")]
    [InlineData("up --trace-base-rate 2", "--trace-base-rate: '2' is not a number from 0 to 1")]
    [InlineData("up --trace-base-rate 0.5 --trace-alarm-rate 0.1", "the trace rate of an alarm must be from the base rate, 0.5, to 1, not 0.1")]
    [InlineData("nic --trace-rate 0.5 --trace-sampling on", "--trace-rate writes one rate into every pod")]
    [InlineData("nic --trace-rate 0.5 --trace-hold 3", "--trace-sampling one per application")]
    [InlineData("nic --recording gone.mvrec --trace-sampling on", "--trace-sampling acts on live pods")]
    [InlineData("up --alertmanager localhost:9093", "--alertmanager: an address is absolute")]
    [InlineData("nic --alertmanager http://me:secret@am:9093", "give a token with --alertmanager-token-file")]
    [InlineData("nic --alertmanager http://am --alertmanager-token-file /no/such", "cannot read the token file /no/such")]
    [InlineData("nic --recording gone.mvrec --alertmanager http://am", "--alertmanager acts on live pods")]
    public void What_does_not_go_together_is_one_line_that_says_so(string line, string expected)
    {
        var run = Microview.Run(line);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(expected, Assert.Single(run.Errors.TrimEnd().Split('\n')));
        Assert.DoesNotContain("secret", run.Errors);
    }

    private static ActionOptions Read(string line)
    {
        var (options, command) = (new ActionOptionTable("off"), new RootCommand());
        options.AddTo(command);
        var result = command.Parse(line);
        Assert.Empty(result.Errors);
        return ActionChoice.Read(options, result, standardJaegerPort: null);
    }
}

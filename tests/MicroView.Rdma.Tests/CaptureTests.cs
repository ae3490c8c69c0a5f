using System.Diagnostics;
using System.Globalization;

namespace MicroView.Rdma.Tests;

/// <summary>What was on the wire between the two machines during the run, as tshark reads it.</summary>
[Trait("group", "slow")]
public sealed class CaptureTests(SuiteRun run)
{
    // InfiniBand's opcodes of a reliable connection.
    private const int WriteOnly = 0x0A, ReadRequest = 0x0C, ReadFirst = 0x0D, ReadMiddle = 0x0E, ReadLast = 0x0F, ReadOnly = 0x10, Acknowledge = 0x11;

    [Fact]
    public void The_data_path_is_reads_their_responses_and_writes_of_control_words()
    {
        SkipWithoutACapture();
        var opcodes = Fields("udp.dstport == 4791", "infiniband.bth.opcode").GroupBy(line => line)
            .ToDictionary(group => int.Parse(group.Key, CultureInfo.InvariantCulture), group => group.Count());
        int[] allowed = [WriteOnly, ReadRequest, ReadFirst, ReadMiddle, ReadLast, ReadOnly, Acknowledge];
        Assert.Empty(opcodes.Keys.Except(allowed));
        Assert.True(opcodes[ReadRequest] > 1000, $"READ requests: {opcodes[ReadRequest]}");
        Assert.True(opcodes[ReadOnly] > 1000, $"READ responses of one packet: {opcodes[ReadOnly]}");
        Assert.True(opcodes[ReadFirst] > 0 && opcodes[ReadLast] > 0, "READ responses of several packets");
        Assert.True(opcodes[WriteOnly] > 10, $"WRITEs: {opcodes[WriteOnly]}");
    }

    [Fact]
    public void Writes_are_control_words_of_eight_bytes_to_the_host()
    {
        SkipWithoutACapture();
        var writes = Fields($"infiniband.bth.opcode == {WriteOnly}", "ip.src", "infiniband.reth.dmalen");
        Assert.NotEmpty(writes);
        Assert.All(writes, line => Assert.Equal("10.9.0.2\t8", line));
    }

    [Fact]
    public void Only_the_collector_asks_and_only_the_host_answers()
    {
        SkipWithoutACapture();
        Assert.All(Fields($"infiniband.bth.opcode == {ReadRequest}", "ip.src").Distinct(), source => Assert.Equal("10.9.0.2", source));
        Assert.All(Fields($"infiniband.bth.opcode == {ReadOnly}", "ip.src").Distinct(), source => Assert.Equal("10.9.0.1", source));
    }

    [Fact]
    public void Beside_it_there_are_the_control_plane_and_the_suites_own_commands_and_nothing_else()
    {
        SkipWithoutACapture();
        // 5000: control plane; 5010: that of the foreign peer; 9997…9999: the suite's commands.
        string[] allowed = ["5000", "5010", "9997", "9998", "9999"];
        Assert.All(Fields("tcp", "tcp.srcport", "tcp.dstport").Distinct(), line => Assert.True(line.Split('\t').Intersect(allowed).Any(), line));
        Assert.All(Fields("udp && ip", "udp.dstport").Distinct(), port => Assert.Equal("4791", port));
    }

    private void SkipWithoutACapture()
    {
        Assert.SkipWhen(run.WhyNot is not null, run.WhyNot ?? "");
        Assert.SkipWhen(SuiteRun.IsReal, "the wire between real machines is not captured");
    }

    private List<string> Fields(string filter, params string[] fields)
    {
        string[] arguments = ["-n", "-r", run.Capture, "-Y", filter, "-T", "fields", .. fields.SelectMany(field => (string[])["-e", field])];
        using var process = Process.Start(new ProcessStartInfo("tshark", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0 || errors.Result.Contains("cut short", StringComparison.Ordinal), errors.Result);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }
}

using System.Diagnostics;
using System.Globalization;

namespace MicroView.EndToEnd.Tests;

/// <summary>
/// Fifty idle services in a PID namespace of their own, so that what else runs on this machine is not watched. A minute here;
/// tests/quiet-machine.sh is the same for ten.
/// </summary>
[Collection(nameof(Alone))]
[Trait("group", "slow")]
public sealed class QuietMachineTests
{
    private const int Seconds = 60;

    [Fact]
    public async Task Fifty_idle_services_raise_at_most_one_alarm()
    {
        var script = Path.Combine(AppContext.BaseDirectory, "Scripts", "quiet-machine.sh");
        using var run = Process.Start(new ProcessStartInfo("/bin/bash", $"{script} {Seconds} 50 {Microview.Path}") { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var output = run.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = run.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.True(run.WaitForExit(TimeSpan.FromSeconds(Seconds * 3)), "quiet-machine.sh still runs");
        var text = await output + await errors;
        Soon.Report(text);
        if (run.ExitCode == 77)
            Assert.Skip(text.Trim());
        Assert.Equal(0, run.ExitCode);
        var last = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Last(line => line.Contains(" alarms in ", StringComparison.Ordinal));
        Assert.InRange(int.Parse(last.Split(' ')[0], CultureInfo.InvariantCulture), 0, 1);
        Assert.Contains("50 idle services watched", text);
    }
}

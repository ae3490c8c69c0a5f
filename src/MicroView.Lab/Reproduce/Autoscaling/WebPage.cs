using System.Globalization;

namespace MicroView.Lab;

/// <summary>The page of Kubernetes' php-apache example, a loop of square roots, as long as it must be here.</summary>
internal static class WebPage
{
    /// <summary>Debian's package with the interpreter and its web server.</summary>
    public const string Package = "php-cli";

    private const int ExampleRoots = 1_000_000;
    private const int Rounds = 8;

    /// <summary>Writes the page into a folder; returns its path.</summary>
    public static string Write(string folder, int roots)
    {
        var file = Path.Combine(folder, "index.php");
        File.WriteAllText(file, FormattableString.Invariant($$"""
            <?php
            $x = 0.0001;
            for ($i = 0; $i <= {{roots}}; $i++) {
                $x += sqrt($x);
            }
            echo "OK!";

            """));
        return file;
    }

    /// <summary>How many square roots take so long here: measured in one process, by what it says itself of its CPU time.</summary>
    public static async Task<int> CalibrateAsync(StepContext context, double seconds, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(context);
        var script = $"for ($r = 0; $r < {Rounds}; $r++) {{ $u = getrusage(); $x = 0.0001; for ($i = 0; $i <= {ExampleRoots}; $i++) {{ $x += sqrt($x); }} $v = getrusage(); "
            + "echo ($v['ru_utime.tv_sec'] - $u['ru_utime.tv_sec']) * 1e6 + $v['ru_utime.tv_usec'] - $u['ru_utime.tv_usec'], \"\\n\"; }";
        var run = await context.Processes.RunAsync(new ProcessPlan("calibration", CpuRole.Other, Programs.Require("php", Package), "-n", "-r", script), stop);
        double[] found = [.. run.Output.Split('\n').Select(line => double.TryParse(line, NumberStyles.Float, CultureInfo.InvariantCulture, out var micros) ? micros : 0).Where(micros => micros > 0).Order()];
        if (found.Length < Rounds / 2)
            throw run.Failure($"php ended with {run.Code} and told {found.Length} times");
        return (int)Math.Clamp(ExampleRoots * seconds / (found[found.Length / 2] / 1e6), 1000, 100_000_000);
    }
}

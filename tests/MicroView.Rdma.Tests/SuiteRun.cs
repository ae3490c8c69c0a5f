using System.Diagnostics;
using System.Text.RegularExpressions;

[assembly: AssemblyFixture(typeof(MicroView.Rdma.Tests.SuiteRun))]

namespace MicroView.Rdma.Tests;

/// <summary>
/// One run of every case, on two virtual machines that are booted once (tests/rdma-vm/run.sh), or on two real ones when ./test.sh was given a device and a peer.
/// </summary>
public sealed partial class SuiteRun
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(15);
    private readonly Dictionary<string, (bool Passed, string Line)> _results = new(StringComparer.Ordinal);

    public SuiteRun()
    {
        Root = FindRoot();
        WhyNot = FindReason();
        if (WhyNot is not null)
            return;
        Report = Run();
        foreach (Match found in CaseLine().Matches(Report))
            _results[found.Groups["name"].Value] = (found.Groups["result"].Value == "ok", found.Value.TrimEnd());
        File.WriteAllLines(Path.Combine(Root, "artifacts/test/MicroView.Rdma.Tests.report"), _results.Values.Where(one => one.Passed).Select(one => "  " + one.Line));
    }

    /// <summary>The repository.</summary>
    public string Root { get; }

    /// <summary>Why nothing was run; null when it was.</summary>
    public string? WhyNot { get; }

    /// <summary>True on machines of one's own: nothing captures their wire.</summary>
    public static bool IsReal => Environment.GetEnvironmentVariable("MICROVIEW_RDMA_PEER") is { Length: > 0 };

    /// <summary>What the suite printed.</summary>
    public string Report { get; } = "";

    /// <summary>Cases that ran.</summary>
    public int Count => _results.Count;

    /// <summary>The capture of a virtual machine's wire.</summary>
    public string Capture => Path.Combine(Root, "artifacts/rdma-vm/host.pcap");

    /// <summary>What became of a case; null when it did not run.</summary>
    public (bool Passed, string Line)? Result(string name) => _results.TryGetValue(name, out var result) ? result : null;

    private string Run()
    {
        var script = IsReal ? "tests/rdma-vm/real.sh" : "tests/rdma-vm/run.sh";
        using var process = Process.Start(new ProcessStartInfo("bash", [script, "test"])
        {
            WorkingDirectory = Root, RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true,
        })!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(s_limit))
            process.Kill(entireProcessTree: true);
        var console = Path.Combine(Root, "artifacts/rdma-vm/ipu.log");
        return (IsReal || !File.Exists(console) ? "" : File.ReadAllText(console).Replace("\r", "", StringComparison.Ordinal)) + output.Result + errors.Result;
    }

    private static string? FindReason()
    {
        if (!OperatingSystem.IsLinux() || System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture != System.Runtime.InteropServices.Architecture.X64)
            return "the guests are x86-64 Linux machines";
        foreach (var name in (string[])["MICROVIEW_AOT", "MICROVIEW_RDMA_SUITE"])
            if (!File.Exists(Environment.GetEnvironmentVariable(name)))
                return $"there is no NativeAOT binary ({name}); ./test.sh rdma makes it, --fast does not";
        if (IsReal)
            return null;
        string[] needed =
        [
            "/usr/bin/qemu-system-x86_64", "/bin/busybox", "/usr/bin/cpio", "/usr/bin/ibv_devinfo", "/usr/bin/tshark", "/etc/libibverbs.d/rxe.driver",
            "/usr/lib/python3/dist-packages/pyverbs/qp.cpython-311-x86_64-linux-gnu.so", "/usr/bin/apt-get",
        ];
        return needed.FirstOrDefault(path => !File.Exists(path)) is { } missing ? $"{missing} is missing; ./test.sh says what to install" : null;
    }

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "MicroView.slnx")))
            folder = folder.Parent!;
        return folder.FullName;
    }

    [GeneratedRegex(@"^case (?<result>ok|FAILED) (?<name>\w+) \(\d+ ms\).*(\n  \| .*)*", RegexOptions.Multiline)]
    private static partial Regex CaseLine();
}

using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MicroView.Lab;

/// <summary>Finds the programs that figures start, and builds those of this checkout that are missing or older than their sources. Thread-safe.</summary>
internal static class Programs
{
    private static readonly Lock s_gate = new();
    private static readonly Dictionary<string, string> s_found = [];
    private static readonly Lazy<string?> s_native = new(FindNative);
    private static readonly Lazy<string> s_kind = new(() => Native is { } native ? $"NativeAOT build{Vectors(native)}" : "JIT build: its start costs more than that of a native build");

    /// <summary>The checkout that this program was built in; null outside of one.</summary>
    public static string? Checkout { get; } = FindCheckout(AppContext.BaseDirectory);

    /// <summary>The program `microview`: as it is deployed, where there is a native build (<see cref="Native"/>), else the one of this checkout.</summary>
    public static string Microview() => Native ?? Ours("src/MicroView.Cli", "microview");

    /// <summary>The NativeAOT binary that MICROVIEW_AOT names, or the one in artifacts/aot if no source is newer.</summary>
    public static string? Native => s_native.Value;

    /// <summary>What <see cref="Microview"/> is, for reports: a native build has the vectors that it was built for, a JIT build those of the machine.</summary>
    public static string Kind => s_kind.Value;

    /// <summary>A program of samples/, by the name of its project.</summary>
    public static string Sample(string name) => Ours($"samples/{name}", name);

    /// <summary>A program on PATH or in the folders of an administrator; null if it is not installed.</summary>
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(["/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/local/bin", "/usr/bin"])
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>The same, where it must be installed.</summary>
    public static string Require(string name, string package) => Find(name)
        ?? throw new LabException($"{name} is not installed; install it with: sudo apt-get install --no-install-recommends {package}");

    private static string Vectors(string program)
    {
        if (MachineRecord.Ask(program, "doctor", "--json") is not { } answer)
            return "";
        try
        {
            var vectors = JsonNode.Parse(answer)?["findings"]?.AsArray().FirstOrDefault(finding => (string?)finding?["subject"] == "vector instructions");
            return vectors is null ? "" : $", {vectors["found"]}";
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return ""; // another program's answer
        }
    }

    private static string? FindNative()
    {
        if (Environment.GetEnvironmentVariable("MICROVIEW_AOT") is { Length: > 0 } named && File.Exists(named))
            return named;
        return Checkout is { } root && Path.Combine(root, "artifacts", "aot", "microview") is var built && File.Exists(built) && File.GetLastWriteTimeUtc(built) > Newest(root, "src/MicroView.Cli") ? built : null;
    }

    private static string Ours(string project, string program)
    {
        lock (s_gate)
        {
            if (s_found.TryGetValue(project, out var known))
                return known;
            // A folder that has it beside the lab is a test's or an installation's.
            var beside = Path.Combine(AppContext.BaseDirectory, program);
            return s_found[project] = File.Exists(beside) ? beside : Build(project, program);
        }
    }

    private static string Build(string project, string program)
    {
        var root = Checkout ?? throw new LabException($"{program} is not beside this program, and this is no checkout of MicroView to build it from");
        var binary = Path.Combine(root, project, "bin", "Release", "net10.0", program);
        if (File.Exists(binary + ".dll") && File.GetLastWriteTimeUtc(binary + ".dll") > Newest(root, project))
            return binary;
        Console.Error.WriteLine($"microview lab: building {program}");
        var start = new ProcessStartInfo("dotnet", ["build", Path.Combine(root, project), "-c", "Release", "--nologo", "-v", "quiet", "--disable-build-servers"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["MSBUILDTERMINALLOGGER"] = "off";
        using var build = Process.Start(start)!;
        var errors = build.StandardError.ReadToEndAsync();
        var output = build.StandardOutput.ReadToEnd();
        build.WaitForExit();
        var problem = (output + errors.Result).Split('\n').FirstOrDefault(line => line.Contains("error", StringComparison.OrdinalIgnoreCase))?.Trim();
        return build.ExitCode == 0 ? binary : throw new LabException($"{program} does not build: {problem}");
    }

    /// <summary>When a source of a project, or of anything in src/ that it may be built from, last changed.</summary>
    private static DateTime Newest(string root, string project) => ((string[])[.. Directory.GetDirectories(Path.Combine(root, "src")).Where(folder => Path.GetFileName(folder) != "MicroView.Lab"), Path.Combine(root, project)])
        .SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs*", new EnumerationOptions { RecurseSubdirectories = true }))
        .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))
        .Max(File.GetLastWriteTimeUtc);

    private static string? FindCheckout(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "MicroView.slnx")))
                return at.FullName;
        return null;
    }
}

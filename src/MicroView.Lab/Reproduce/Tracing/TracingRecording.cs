using System.Formats.Tar;
using System.IO.Compression;
using System.Reflection;

namespace MicroView.Lab;

/// <summary>Small experiments that were recorded with `lab pipeline collect` and are part of this program: a tar of the folder, packed with Brotli.</summary>
internal static class TracingRecording
{
    private const string Prefix = "tracing-", Suffix = ".tar.br";

    // What the analysis reads; logs and spans are not kept.
    private static readonly string[] Kept = [ExperimentTimes.FileName, FaultFile.Name, TraceDownload.FileName, "anomalies.log", "loadgen.log", HotelCollect.InjectorFileName, HotelCollect.LoadFileName];

    /// <summary>Their names, in order.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Assembly.GetExecutingAssembly().GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal) && name.EndsWith(Suffix, StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..^Suffix.Length]).Order(StringComparer.Ordinal)];

    /// <summary>Unpacks one.</summary>
    public static void Extract(string name, string folder)
    {
        Directory.CreateDirectory(folder);
        using var packed = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{Prefix}{name}{Suffix}") ?? throw new LabException($"there is no recorded run '{name}'; there are {string.Join(", ", Names)}");
        using var tar = new BrotliStream(packed, CompressionMode.Decompress);
        TarFile.ExtractToDirectory(tar, folder, overwriteFiles: true);
    }

    /// <summary>Packs an experiment.</summary>
    /// <exception cref="DataException">It is none.</exception>
    public static void Pack(string experiment, string file)
    {
        var metrics = Path.Combine(experiment, DataSetReader.MetricsFolder);
        string[] files = [.. Kept.Select(name => Path.Combine(experiment, name)).Where(File.Exists),
            .. Directory.Exists(metrics) ? Directory.EnumerateFiles(metrics, "*", SearchOption.AllDirectories).Where(path => Path.GetFileName(path) == SplitRun.CollectedFile || path.EndsWith(".json", StringComparison.Ordinal)) : []];
        if (!files.Contains(Path.Combine(experiment, ExperimentTimes.FileName)))
            throw new DataException(experiment, 0, $"is no experiment of 'lab pipeline collect': it has no {ExperimentTimes.FileName}");
        using var packed = new BrotliStream(File.Create(file), CompressionLevel.SmallestSize);
        using var tar = new TarWriter(packed, TarEntryFormat.Ustar);
        foreach (var path in files.Order(StringComparer.Ordinal))
        {
            using var content = File.OpenRead(path);
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, Path.GetRelativePath(experiment, path)) { DataStream = content });
        }
    }
}

namespace MicroView.Lab;

/// <summary>Reads a data set of either layout; which one it is follows from its files.</summary>
internal static class DataSetReader
{
    public const string MetricsFolder = "metrics";

    /// <summary>Reads the data set in <paramref name="folder"/>. <paramref name="warn"/> gets one line for what is odd but usable (gaps).</summary>
    /// <exception cref="DataException">A file is missing or holds what cannot be used.</exception>
    public static DataSet Read(string folder, Action<string>? warn = null)
    {
        var metrics = Path.Combine(folder, MetricsFolder);
        if (!Directory.Exists(folder))
            throw new DataException(folder, 0, "no such folder");
        if (!Directory.Exists(metrics))
            throw new DataException(folder, 0, $"has no folder '{MetricsFolder}': not a data set (expected {MetricsFolder}/SERVICE/data_test.csv or {MetricsFolder}/SERVICE.csv)");
        warn ??= _ => { };
        if (ArtifactReader.Recognises(metrics))
            return ArtifactReader.Read(folder, warn);
        if (DevelopmentReader.Recognises(metrics))
            return DevelopmentReader.Read(folder, warn);
        throw new DataException(metrics, 0, "holds neither SERVICE/data_train.csv and data_test.csv nor SERVICE.csv(.gz)");
    }

    /// <summary>The pods of one service.</summary>
    /// <exception cref="LabException">There is none.</exception>
    public static IReadOnlyList<PodSeries> OfService(this DataSet data, string service)
    {
        PodSeries[] pods = [.. data.Pods.Where(pod => pod.Service.Equals(service, StringComparison.OrdinalIgnoreCase))];
        return pods.Length > 0 ? pods : throw new LabException($"{data.Folder} has no service '{service}'; it has {string.Join(", ", data.Services)}", ExitCode.Usage);
    }
}

namespace MicroView.Lab.Tests;

/// <summary>The development set, which is third-party data and not part of the repository.</summary>
internal static class DevelopmentSet
{
    private const string Name = "online-boutique";

    private static readonly Lazy<string?> Found = new(Find);
    private static readonly Lazy<DataSet> Data = new(() => DataSetReader.Read(Found.Value!));

    /// <summary>Its folder; the test is skipped where it is absent.</summary>
    public static string Folder
    {
        get
        {
            Assert.SkipWhen(Found.Value is null, $"the data set {Name} is neither in $MICROVIEW_DATA nor in ../shared/data");
            return Found.Value!;
        }
    }

    public static DataSet Read() => Folder.Length > 0 ? Data.Value : throw new InvalidOperationException();

    private static string? Find()
    {
        var places = new List<string>();
        if (Environment.GetEnvironmentVariable("MICROVIEW_DATA") is { Length: > 0 } given)
            places.AddRange([given, Path.Combine(given, Name)]);
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "MicroView.slnx")))
                places.Add(Path.Combine(folder.FullName, "..", "shared", "data", Name));
        return places.FirstOrDefault(place => Directory.Exists(Path.Combine(place, "metrics")));
    }
}

namespace MicroView.Repository.Tests;

/// <summary>The checkout that this test was built from, read as text.</summary>
internal static class Checkout
{
    public static string Root { get; } = FindRoot();

    /// <summary>Files of the repository that match, without build output; paths relative to the root, with '/'.</summary>
    public static IEnumerable<string> Files(string pattern, params string[] folders) =>
        from folder in folders.Length == 0 ? ["."] : folders
        where Directory.Exists(Path.Combine(Root, folder))
        from file in Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
        let relative = Path.GetRelativePath(Root, file)
        where !relative.Split('/').Any(part => part is "bin" or "obj" or "artifacts" or ".git" or ".build")
        orderby relative, pattern
        select relative;

    public static string Read(string relative) => File.ReadAllText(Path.Combine(Root, relative));

    public static string[] Lines(string relative) => File.ReadAllLines(Path.Combine(Root, relative));

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "MicroView.slnx")))
                return folder.FullName;
        throw new InvalidOperationException($"no MicroView.slnx above {AppContext.BaseDirectory}: run the tests from a checkout");
    }
}

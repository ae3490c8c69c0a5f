using System.Globalization;

namespace MicroView.Lab.Tests;

/// <summary>A folder of one test, removed with it.</summary>
internal sealed class Scratch : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("microview-lab ");

    public string Path(string name) => System.IO.Path.Combine(_folder.FullName, name);

    /// <summary>Writes lines to a file, in folders as needed; returns its path.</summary>
    public string Write(string name, params string[] lines)
    {
        var path = Path(name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllLines(path, lines);
        return path;
    }

    /// <summary>Writes a matrix without a header.</summary>
    public string WriteMatrix(string name, int rows, Func<int, double[]> row) =>
        Write(name, [.. Enumerable.Range(0, rows).Select(i => string.Join(',', row(i).Select(x => x.ToString("R", CultureInfo.InvariantCulture))))]);

    /// <summary>Runs the lab's command line; gives the exit code.</summary>
    public static Task<int> Lab(params string[] arguments) => LabCommandLine.RunAsync(arguments);

    public void Dispose() => _folder.Delete(recursive: true);
}

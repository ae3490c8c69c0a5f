namespace MicroView.EndToEnd.Tests;

/// <summary>A folder of one test, short enough for a socket's path.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("mv").FullName;

    public string Path => _path;

    public string File(string name) => System.IO.Path.Combine(_path, name);

    public void Dispose() => Directory.Delete(_path, recursive: true);
}

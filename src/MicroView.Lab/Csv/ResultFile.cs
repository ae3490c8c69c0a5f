using System.Text;

namespace MicroView.Lab;

/// <summary>
/// A file that appears whole or not at all: written beside its place under another name, and renamed by <see cref="Commit"/>. Makes its folder.
/// </summary>
internal sealed class ResultFile : IDisposable
{
    private readonly string _path;
    private readonly string _temporary;
    private bool _committed;

    public ResultFile(string path)
    {
        _path = Path.GetFullPath(path);
        if (Directory.Exists(_path))
            throw new LabException($"{path}: is a folder; name a file");
        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        _temporary = $"{_path}.{Environment.ProcessId}.part";
        Text = new StreamWriter(_temporary, append: false, new UTF8Encoding(false), 1 << 16) { NewLine = "\n" };
    }

    /// <summary>Where the text goes; \n ends a line.</summary>
    public StreamWriter Text { get; }

    /// <summary>Writes a whole file.</summary>
    public static void Write(string path, Action<TextWriter> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        using var file = new ResultFile(path);
        write(file.Text);
        file.Commit();
    }

    /// <summary>Everything is written: the file takes its name.</summary>
    public void Commit()
    {
        Text.Dispose();
        File.Move(_temporary, _path, overwrite: true);
        _committed = true;
    }

    public void Dispose()
    {
        Text.Dispose();
        if (!_committed)
            File.Delete(_temporary);
    }
}

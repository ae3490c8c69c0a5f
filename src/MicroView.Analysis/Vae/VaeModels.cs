namespace MicroView.Analysis;

/// <summary>
/// The trained VAEs that a collector was given: one file, or a folder with a file SERVICE.vae per service. Immutable and thread-safe.
/// </summary>
public sealed class VaeModels
{
    /// <summary>What the files of a folder end in.</summary>
    public const string Extension = ".vae";

    private readonly Dictionary<string, VaeModel> _byService = new(StringComparer.Ordinal);
    private readonly VaeModel? _only;

    private VaeModels(string path, VaeModel? only) => (Path, _only) = (path, only);

    /// <summary>The file or folder.</summary>
    public string Path { get; }

    /// <summary>Number of models.</summary>
    public int Count => _only is null ? _byService.Count : 1;

    /// <summary>Reads a file or a folder.</summary>
    /// <exception cref="InvalidDataException">A file is no model, or the folder holds none; one line with the file's name.</exception>
    /// <exception cref="IOException">It is missing or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static VaeModels Load(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!Directory.Exists(path))
            return new VaeModels(path, LoadFile(path));
        var models = new VaeModels(path, null);
        foreach (var file in Directory.EnumerateFiles(path, "*" + Extension).Order(StringComparer.Ordinal))
            models._byService.Add(System.IO.Path.GetFileNameWithoutExtension(file), LoadFile(file));
        return models.Count > 0 ? models : throw new InvalidDataException($"{path}: there is no file *{Extension} in this folder");
    }

    /// <summary>The model of one file.</summary>
    /// <exception cref="InvalidDataException">It is no model; one line with the file's name.</exception>
    /// <exception cref="IOException">It is missing or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static VaeModel LoadFile(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            // A device or a pipe has no length; it would be read for ever.
            if (!file.CanSeek || file.Length > VaeBytes.MaxLength)
                throw new InvalidDataException("this is not a trained VAE");
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return VaeBytes.Read(bytes);
        }
        catch (Exception error) when (error is InvalidDataException or EndOfStreamException)
        {
            throw new InvalidDataException($"{path}: {error.Message}", error);
        }
    }

    /// <summary>The name of a service's file in a folder: what cannot stand in a file's name is '_'.</summary>
    public static string FileNameOf(string service)
    {
        ArgumentException.ThrowIfNullOrEmpty(service);
        return service.Replace('/', '_').Replace('\0', '_') + Extension;
    }

    /// <summary>The model for pods of <paramref name="service"/>; null when there is none.</summary>
    /// <param name="service">The service.</param>
    /// <param name="problem">Why there is none.</param>
    public VaeModel? For(string service, out string problem)
    {
        ArgumentNullException.ThrowIfNull(service);
        problem = "";
        if (_only is not null)
        {
            if (_only.Service.Length == 0 || _only.Service == service)
                return _only;
            problem = $"{Path} was trained on service {_only.Service}, not on {service}";
            return null;
        }
        var file = service.Length == 0 ? "" : FileNameOf(service);
        if (file.Length > 0 && _byService.TryGetValue(file[..^Extension.Length], out var model))
            return model;
        problem = $"there is no {(file.Length == 0 ? "model" : file)} in {Path}";
        return null;
    }
}

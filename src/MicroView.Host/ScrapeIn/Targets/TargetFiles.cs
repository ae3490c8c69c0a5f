using Microsoft.Extensions.Logging;

namespace MicroView.Host;

/// <summary>
/// The files of one --scrape option: a path, or a pattern with * or ? in its last part. Looked at regularly; a file that cannot be taken is told of once,
/// and its former targets stay. For one thread.
/// </summary>
internal sealed class TargetFiles(string pattern, IReadOnlyList<string> serviceLabels, ILogger log)
{
    private static readonly TimeSpan s_settled = TimeSpan.FromSeconds(2); // a file that has just been written may be written still, within one mtime
    private readonly SortedDictionary<string, Known> _files = new(StringComparer.Ordinal);
    private bool _complained;

    /// <summary>Files that cannot be taken as they are now.</summary>
    internal int Broken => _files.Values.Count(file => file.Problem is not null);

    /// <summary>The targets of all files.</summary>
    internal IEnumerable<ScrapeTarget> Targets => _files.Values.SelectMany(file => file.Targets);

    /// <summary>Reads what is new.</summary>
    internal void Look()
    {
        var present = List();
        foreach (var path in present)
        {
            if (!_files.TryGetValue(path, out var file))
                _files.Add(path, file = new());
            file.Absences = 0;
            Look(path, file);
        }
        foreach (var (path, file) in _files.ToArray())
            if (!present.Contains(path) && ++file.Absences >= 2) // an editor may take a file away for a moment
                _files.Remove(path);
        if (_files.Count == 0 && !_complained)
            log.LogWarning("Scrape-in: no file {Pattern} yet; its targets are taken when it is there", pattern);
        _complained = _files.Count == 0;
    }

    private string[] List()
    {
        var name = Path.GetFileName(pattern);
        var folder = Path.GetDirectoryName(Path.GetFullPath(pattern))!;
        try
        {
            return name.AsSpan().IndexOfAny('*', '?') < 0
                ? File.Exists(pattern) ? [Path.GetFullPath(pattern)] : []
                : [.. Directory.EnumerateFiles(folder, name, new EnumerationOptions { MatchType = MatchType.Simple, AttributesToSkip = 0 })];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private void Look(string path, Known file)
    {
        try
        {
            var info = new FileInfo(path);
            var sign = (info.LastWriteTimeUtc, info.Length);
            var settled = DateTime.UtcNow - sign.LastWriteTimeUtc > s_settled;
            if (sign == file.Sign && file.Settled)
                return;
            var repeated = sign == file.Sign;
            (file.Sign, file.Settled) = (sign, settled);
            if (info.Length > TargetFile.MaxBytes)
                throw new TargetFileException(1, $"the file has {info.Length} bytes; at most {TargetFile.MaxBytes} are read");
            var content = File.ReadAllBytes(path);
            if (repeated && file.Content.AsSpan().SequenceEqual(content))
            {
                Tell(path, file);
                return;
            }
            file.Content = content;
            file.Targets = Read(content, path.EndsWith(TargetFile.JsonEnding, StringComparison.OrdinalIgnoreCase));
            (file.Problem, file.Told) = (null, false);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or TargetFileException)
        {
            (file.Problem, file.Told) = (error.Message, file.Told && file.Problem == error.Message);
            if (file.Settled || error is not TargetFileException)
                Tell(path, file);
        }
    }

    /// <summary>Only of a file that stays as it is: a reader may come into the middle of a write.</summary>
    private void Tell(string path, Known file)
    {
        if (file.Problem is null || file.Told)
            return;
        file.Told = true;
        log.LogError("Scrape-in: {File}: {Problem}; its {Count} former targets stay", path, file.Problem, file.Targets.Count);
    }

    private List<ScrapeTarget> Read(byte[] content, bool json)
    {
        var targets = new List<ScrapeTarget>();
        foreach (var group in TargetFile.Parse(content, json))
            foreach (var address in group.Targets)
                targets.Add(ScrapeTarget.FromGroup(address, group.Labels, serviceLabels, out var problem) ?? throw new TargetFileException(group.Line, problem));
        return targets;
    }

    private sealed class Known
    {
        internal (DateTime LastWriteTimeUtc, long Length) Sign { get; set; }

        internal bool Settled { get; set; }

        internal byte[] Content { get; set; } = [];

        internal List<ScrapeTarget> Targets { get; set; } = [];

        internal string? Problem { get; set; }

        internal bool Told { get; set; }

        internal int Absences { get; set; }
    }
}

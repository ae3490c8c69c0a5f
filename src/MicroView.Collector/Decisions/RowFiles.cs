using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using MicroView.Analysis;

namespace MicroView.Collector;

/// <summary>
/// <c>--rows DIR</c>: of each pod of a replay, the feature rows that its detector was given, as a CSV file that the lab reads (docs/recording.md). A pod that grows begins another file,
/// because a detector does as well. Written on the replay's thread, which waits for the disk; a live run has no time for that. Not thread-safe.
/// </summary>
internal sealed class RowFiles : IDisposable
{
    private const int BufferBytes = 64 * 1024;

    private readonly Dictionary<MonitoredPod, RowFile> _open = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly string _folder;
    private readonly CollectorClock _clock;
    private readonly ILogger _logger;
    private long _rows;
    private bool _ended;

    /// <summary>Creates the folder.</summary>
    /// <param name="folder">It may exist; files of these names are replaced.</param>
    /// <param name="clock">The replay's.</param>
    /// <param name="logger">For what was written.</param>
    /// <exception cref="CollectorStartException">It cannot be made.</exception>
    public RowFiles(string folder, CollectorClock clock, ILogger logger)
    {
        (_folder, _clock, _logger) = (Path.GetFullPath(folder), clock, logger);
        try
        {
            Directory.CreateDirectory(_folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CollectorStartException($"--rows: {error.Message.TrimEnd('.')}", error);
        }
    }

    /// <summary>Takes the row that the pod's detector has just been given.</summary>
    /// <param name="pod">The pod, its row time that of the row.</param>
    /// <param name="nowNs">When the row was read.</param>
    public void Take(MonitoredPod pod, long nowNs)
    {
        if (_ended || pod.Schema.Map is not { } map)
            return;
        try
        {
            if (!_open.TryGetValue(pod, out var file) || file.Map.SlotCount < map.SlotCount)
            {
                file?.Dispose();
                _open[pod] = file = new RowFile(Path.Combine(_folder, NewName(pod.Pod)), pod.Schema);
            }
            _rows += file.Write(pod.CurrentRow.Front, pod.RowTimeNs, pod.RowUnixNs(_clock, nowNs)) ? 1 : 0;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            _ended = true;
            _logger.LogError("The rows in {Folder} end here: {Error}; the replay goes on", _folder, error.Message);
        }
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (var file in _open.Values)
            Close(file);
        if (_names.Count > 0)
            _logger.LogInformation("{Rows} rows of {Files} files are in {Folder}", _rows, _names.Count, _folder);
        _open.Clear();
    }

    private void Close(RowFile file)
    {
        try
        {
            file.Dispose();
        }
        catch (IOException error)
        {
            _logger.LogError("The rows in {Folder} are not whole: {Error}", _folder, error.Message);
        }
    }

    /// <summary>A pod's id as a file's name; a second one of the same pod is numbered.</summary>
    private string NewName(string pod)
    {
        var text = new StringBuilder();
        foreach (var character in pod)
            text.Append(char.IsAsciiLetterOrDigit(character) || character is '-' or '_' || (character == '.' && text.Length > 0) ? character : '_');
        var name = $"{text}.csv";
        for (var number = 2; !_names.Add(name); number++)
            name = $"{text}.{number}.csv";
        return name;
    }

    private sealed class RowFile : IDisposable
    {
        private readonly StreamWriter _text;
        private readonly FeatureExtractor _extractor;
        private readonly double[] _features;

        public RowFile(string path, PodSchema schema)
        {
            Map = schema.Map!;
            _extractor = new FeatureExtractor(Map);
            _features = new double[(Map.Count + 7) & ~7]; // as wide as Extract writes
            // As private as the recording.
            var file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.Read, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
            _text = new StreamWriter(file, new UTF8Encoding(false), BufferBytes) { NewLine = "\n" };
            _text.Write("timestamp");
            foreach (var name in schema.FeatureNames)
            {
                _text.Write(",\"");
                _text.Write(name.Replace("\"", "\"\"", StringComparison.Ordinal));
                _text.Write('"');
            }
            _text.WriteLine();
        }

        public FeatureMap Map { get; }

        /// <summary>False for a row that has no features: the first, from which there is no rate.</summary>
        public bool Write(ReadOnlySpan<double> slots, long timeNs, long unixNs)
        {
            if (_extractor.Extract(slots, timeNs, _features) != RowOutcome.Accepted)
                return false;
            _text.Write(unixNs.ToString(CultureInfo.InvariantCulture));
            foreach (var value in _features.AsSpan(0, Map.Count))
            {
                _text.Write(',');
                if (double.IsFinite(value))
                    _text.Write(value.ToString("R", CultureInfo.InvariantCulture));
            }
            _text.WriteLine();
            return true;
        }

        public void Dispose() => _text.Dispose();
    }
}

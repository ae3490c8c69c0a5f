namespace MicroView.Lab;

/// <summary>
/// What a running step has at hand. Everything it starts through <see cref="Processes"/> and makes through <see cref="Left"/> ends with the step.
/// </summary>
internal sealed class StepContext
{
    private readonly string _files;
    private readonly List<string> _notes = [];
    private readonly SortedDictionary<string, string> _versions = [];
    private readonly Lock _gate = new();
    private string? _scratch;

    public StepContext(FigureOptions options, FigureFolder folder, FigureStep step, TextWriter csv, ProcessGroup processes, Leftovers left)
    {
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(step);
        (Options, Folder, Csv, _files, Processes, Left) = (options, folder, csv, folder.Files(step.Id), processes, left);
    }

    /// <summary>Of the figure: what earlier steps have left.</summary>
    public FigureFolder Folder { get; }

    public FigureOptions Options { get; }

    /// <summary>The step's table, with a header; it becomes <c>raw/STEP.csv</c> when the step has finished.</summary>
    public TextWriter Csv { get; }

    public ProcessGroup Processes { get; }

    /// <summary>Names what must not stay behind: cgroups, files outside of the results.</summary>
    public Leftovers Left { get; }

    /// <summary>A folder in the results for logs and other files; made when first asked for.</summary>
    public string Files => Directory.CreateDirectory(_files).FullName;

    /// <summary>A folder with a short path for sockets and other things that are gone after the step.</summary>
    public string Scratch
    {
        get
        {
            lock (_gate)
                return _scratch ??= Left.MakeFolder();
        }
    }

    public IReadOnlyList<string> Notes => _notes;

    public SortedDictionary<string, string> Versions => _versions;

    /// <summary>Something that a reader of the figure must know; said once, however often it is told. Thread-safe.</summary>
    public void Note(string note)
    {
        lock (_gate)
            if (!_notes.Contains(note))
                _notes.Add(note);
    }

    /// <summary>Which version of a program took part. Thread-safe.</summary>
    public void Version(string program, string version)
    {
        lock (_gate)
            _versions[program] = version;
    }
}

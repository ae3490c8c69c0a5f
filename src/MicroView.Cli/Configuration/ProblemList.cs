namespace MicroView.Cli;

/// <summary>What is wrong with a configuration, a line each, in the order it was found. A hostile file is not answered with a book.</summary>
internal sealed class ProblemList
{
    /// <summary>As many are listed: more than anybody corrects in one go.</summary>
    public const int Most = 100;

    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines => _lines;

    /// <summary>True when looking for more is of no use.</summary>
    public bool IsFull => _lines.Count > Most;

    public void Add(string line)
    {
        if (_lines.Count < Most)
            _lines.Add(line.ReplaceLineEndings(" "));
        else if (!IsFull)
            _lines.Add($"more than {Most} problems: the rest is not listed");
    }

    public void Add(IEnumerable<string> lines)
    {
        foreach (var line in lines)
            Add(line);
    }

    /// <summary>What is read, or nothing and its problems.</summary>
    public T? Try<T>(Func<T?> read)
    {
        try
        {
            return read();
        }
        catch (UserException error)
        {
            Add(error.Lines);
            return default;
        }
    }

    /// <summary>Ends a command before it starts anything.</summary>
    /// <param name="taken">What is right and cannot be had now, such as ports.</param>
    /// <exception cref="UserException">There are problems of either kind: all of them.</exception>
    public void ThrowIfAny(ProblemList taken)
    {
        if (Lines.Count + taken.Lines.Count > 0)
            throw new UserException([.. Lines, .. taken.Lines], Lines.Count > 0 ? ExitCode.Usage : ExitCode.Unavailable);
    }
}

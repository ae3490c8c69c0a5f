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
}

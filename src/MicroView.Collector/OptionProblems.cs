namespace MicroView.Collector;

/// <summary>Everything that is wrong with settings, a line each: people mend a configuration in one go.</summary>
internal sealed class OptionProblems
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines => _lines;

    public void Require(bool condition, string problem)
    {
        if (!condition)
            _lines.Add(problem);
    }

    public void Add(IEnumerable<string> problems) => _lines.AddRange(problems);

    /// <summary>Takes what a check of elsewhere throws.</summary>
    public void Try(Action check)
    {
        try
        {
            check();
        }
        catch (Exception error) when (error is ArgumentException or IOException)
        {
            _lines.Add(error.Message);
        }
    }

    /// <exception cref="ArgumentException">There are problems: all of them.</exception>
    public void ThrowIfAny()
    {
        if (_lines.Count > 0)
            throw new ArgumentException(string.Join("; ", _lines));
    }
}

namespace MicroView.Lab;

/// <summary>
/// One figure of the paper: steps that measure, each into a file of its own, and a drawing that reads nothing but these files. Stateless.
/// </summary>
internal interface IFigure
{
    /// <summary>Its name on the command line, and of its folder.</summary>
    string Name { get; }

    string Title { get; }

    /// <summary>Where it is in the paper: "Sec. 6.1/6.2, Fig. 5a/5b".</summary>
    string Section { get; }

    /// <summary>Every difference from the paper's set-up that is known before a run; what a run finds out it adds by <see cref="StepContext.Note"/>.</summary>
    IReadOnlyList<string> Differences { get; }

    /// <summary>The steps in their order. Ids are stable, unique and good file names.</summary>
    IReadOnlyList<FigureStep> Plan(FigureOptions options);

    /// <summary>Measures a step and writes its table. What it starts is ended after it, whatever happens.</summary>
    Task RunAsync(FigureStep step, StepContext context, CancellationToken stop);

    /// <summary>Draws figures and tables from the steps that are there. They may be few: a run was stopped, or one step failed.</summary>
    void Draw(FigureFolder folder, FigureReport report);
}

/// <summary>A measurement of its own.</summary>
/// <param name="Id">Names its files.</param>
/// <param name="Title">For people.</param>
/// <param name="Seconds">How long it takes, roughly.</param>
/// <param name="Parameters">All that its result depends on. A finished step is kept only while these are the same.</param>
internal sealed record FigureStep(string Id, string Title, double Seconds, IReadOnlyDictionary<string, string> Parameters)
{
    /// <summary>A parameter that is there.</summary>
    public string this[string name] => Parameters[name];

    /// <summary>A parameter that is a number.</summary>
    public double Number(string name) => double.Parse(Parameters[name], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>A parameter that is a whole number.</summary>
    public int Count(string name) => (int)Number(name);
}

/// <summary>How much is measured.</summary>
internal enum FigureScale
{
    /// <summary>As in the paper, as far as one machine can.</summary>
    Full,

    /// <summary>Minutes: the shape of the figure.</summary>
    Quick,

    /// <summary>Seconds: that everything works. Its numbers say nothing.</summary>
    Smoke,
}

/// <summary>What a figure plans by.</summary>
internal sealed record FigureOptions(FigureScale Scale, int Seed)
{
    /// <summary>One of three, by the scale.</summary>
    public T Pick<T>(T full, T quick, T smoke) => Scale switch { FigureScale.Full => full, FigureScale.Quick => quick, _ => smoke };
}

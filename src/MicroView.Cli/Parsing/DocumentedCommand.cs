using System.CommandLine;

namespace MicroView.Cli;

/// <summary>A command line that works as it stands, and what it does.</summary>
internal sealed record Example(string Line, string Meaning);

/// <summary>A command whose help ends in examples.</summary>
internal sealed class DocumentedCommand : Command
{
    public DocumentedCommand(string name, string description, params Example[] examples) : base(name, description) => Examples = examples;

    public IReadOnlyList<Example> Examples { get; }

    /// <summary>Finds what is wrong with a command line beyond each option's own value; starts nothing. Null: nothing can be.</summary>
    public Action<ParseResult, ProblemList>? Check { get; init; }
}

using System.CommandLine;

namespace MicroView.Cli;

/// <summary>What a row of an option table says beside what the parser needs: for the configuration's schema and document.</summary>
internal interface ITableOption
{
    /// <summary>An environment variable of its own, read where its default is made; null for none.</summary>
    string? Variable { get; }

    /// <summary>Its value when nothing says otherwise, whatever the environment holds; null: the description says it.</summary>
    object? Standard { get; }

    /// <summary>Least whole number; null where it is not one.</summary>
    int? Least { get; }

    /// <summary>Greatest whole number; null where it is not one.</summary>
    int? Most { get; }
}

/// <summary>An option that <see cref="Kinds"/> makes.</summary>
internal sealed class TableOption<T>(string name, string[] aliases) : Option<T>(name, aliases), ITableOption
{
    public string? Variable { get; init; }

    public object? Standard { get; init; }

    public int? Least { get; set; }

    public int? Most { get; set; }
}

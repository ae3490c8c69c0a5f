using System.CommandLine;
using System.CommandLine.Help;

namespace MicroView.Cli;

/// <summary>The keys of the configuration file: the options of every command that has --config. Nothing is listed here a second time.</summary>
internal sealed class ConfigurationTable
{
    /// <summary>The option that makes a command configurable.</summary>
    public const string FileOption = "--config";

    private readonly Dictionary<string, ConfigurationKey[]> _byCommand;

    public ConfigurationTable(RootCommand root)
    {
        _byCommand = root.Subcommands.Where(IsConfigurable).ToDictionary(command => command.Name, command =>
            command.Options.Where(option => option is not HelpOption && option.Name != FileOption).Select(option => new ConfigurationKey(command.Name, option)).ToArray());
        Commands = [.. root.Subcommands.Where(IsConfigurable).Select(command => command.Name)];
    }

    /// <summary>Commands that have a section.</summary>
    public IReadOnlyList<string> Commands { get; }

    /// <summary>`config` itself has the option too, to show what others would do with it.</summary>
    public static bool IsConfigurable(Command command) => command.Name != ConfigCommand.Name && command.Options.Any(option => option.Name == FileOption);

    /// <summary>The keys of a section; those of all for the top level, "".</summary>
    public IEnumerable<ConfigurationKey> Keys(string section) => section.Length > 0 ? _byCommand[section] : Commands.SelectMany(Keys);

    /// <summary>The keys of this name in a section; at the top level one for each command that has it.</summary>
    public ConfigurationKey[] Find(string section, string name) => [.. Keys(section).Where(key => key.Name == name && !(section.Length == 0 && Commands.Contains(name)))];
}

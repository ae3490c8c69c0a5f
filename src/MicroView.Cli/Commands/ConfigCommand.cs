using System.CommandLine;

namespace MicroView.Cli;

/// <summary>`microview config`: what is configured, whether it is right, and what could be.</summary>
internal static class ConfigCommand
{
    public const string Name = "config";

    public static Command Create()
    {
        var effective = Kinds.Flag("--effective", "Print the configuration in force for the command that follows, with its flags, and where each value is from; for all commands when none follows");
        var check = Kinds.Text("--check", "FILE", "Check a configuration file: every problem of it at once");
        var schema = Kinds.Flag("--schema", "Print the file's JSON schema, for editors");
        var docs = Kinds.Flag("--docs", "Print the table of all keys (Markdown), as in docs/configuration.md");
        var file = Kinds.Text(ConfigurationTable.FileOption, "FILE", "The file, for --effective (environment: MICROVIEW_CONFIG)");
        var command = new DocumentedCommand(Name, "Show and check the configuration of up, host and nic: file, environment and flags.",
            new("microview config --effective up --port 5001", "what `up --port 5001` would run with: defaults, environment, flags"),
            new("microview config --config microview.yaml --effective", "the same with a file, for every command"),
            new("microview config --check microview.yaml", "every problem of the file at once; 2 if there is one"),
            new("microview config --schema", "for an editor that completes and checks while you type")) { effective, check, schema, docs, file };
        command.TreatUnmatchedTokensAsErrors = false; // they are the other command's words
        command.SetAction(result =>
        {
            var checks = result.GetValue(check);
            if (new[] { result.GetValue(effective), checks is not null, result.GetValue(schema), result.GetValue(docs) }.Count(asked => asked) != 1)
                return Refuse("one of --effective, --check FILE, --schema and --docs says what to do");
            if (!result.GetValue(effective) && result.UnmatchedTokens.Count > 0)
                return Refuse($"what is '{result.UnmatchedTokens[0]}'? Only --effective is followed by a command and its flags");
            var output = result.InvocationConfiguration.Output;
            if (result.GetValue(effective))
                return ConfigRun.Effective(output, result.UnmatchedTokens, result.GetValue(file));
            if (checks is not null)
                return ConfigRun.Check(output, checks);
            var table = new ConfigurationTable(CommandLine.BuildRootCommand());
            if (result.GetValue(schema))
                SchemaText.Write(output, table);
            else
                DocumentTable.Write(output, table);
            return ExitCode.Success;
        });
        return command;
    }

    private static int Refuse(string problem) => Complaint.Write([problem], "microview config --help");
}

using MicroView.Cli;

return CommandLine.BuildRootCommand().Parse(args).Invoke();

return await MicroView.Cli.CommandLine.RunAsync(args);

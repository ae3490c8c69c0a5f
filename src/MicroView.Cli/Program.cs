[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

return await MicroView.Cli.CommandLine.RunAsync(args);

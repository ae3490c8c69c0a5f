using System.CommandLine;

var root = new RootCommand("MicroView: millisecond-resolution observability that leaves your cores alone.");
return root.Parse(args).Invoke();
